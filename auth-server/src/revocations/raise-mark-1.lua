-- Raises the mark up to which Redis agrees with the record of revocations. It never falls: several servers raise it.
--
-- KEYS[1]  revocations:applied, a number
-- ARGV[1]  the number up to which the record was applied
-- Returns  'raised' or 'kept'
-- Writes   the mark

local mark = redis.call('GET', KEYS[1])
if mark and tonumber(mark) >= tonumber(ARGV[1]) then return 'kept' end
redis.call('SET', KEYS[1], ARGV[1])
return 'raised'
