-- Moves the mark up to which Redis agrees with the record of revocations, if Redis is still the one that the work began with.
-- The mark never falls by itself: several servers raise it.
--
-- KEYS[1]  revocations:applied, a number
-- ARGV[1]  the mark that the work began with, -1 for none
-- ARGV[2]  the number up to which the record was applied
-- Returns  'raised'; 'kept', another server has raised it as far; or 'lost', the mark is behind that of the beginning: Redis has
--          lost writes in the meantime, and those of this work perhaps among them
-- Writes   the mark

local mark = tonumber(redis.call('GET', KEYS[1]) or '-1')
if mark < tonumber(ARGV[1]) then return 'lost' end
if mark >= tonumber(ARGV[2]) then return 'kept' end
redis.call('SET', KEYS[1], ARGV[2])
return 'raised'
