-- Says what became of a guess that was begun. Nothing, when what was known of its source is gone in the meantime.
--
-- KEYS[1]  guesses:ACCOUNT (see begin-guess-1.lua)
-- ARGV[1]  source
-- ARGV[2]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[3]  'right', 'wrong', or 'unchecked' when nobody has looked at the password
-- ARGV[4]  how long all this is kept, in milliseconds
-- Returns  'ended'
-- Writes   the fields of the source and of the row; when it was right, the life of the key

local key, source, outcome = KEYS[1], ARGV[1], ARGV[3]
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local text = redis.call('HGET', key, source)
if not text and outcome ~= 'right' then return 'ended' end
local counted, row, open, at, known = string.match(text or '0 0 0 0 0', '^(%d+) (%d+) (%d+) (%d+) (%d)$')
counted, row, open, at = tonumber(counted), tonumber(row), tonumber(open), tonumber(at)
local total = tonumber(redis.call('HGET', key, 'row') or '0')

open = math.max(0, open - 1)
if outcome == 'right' then
  -- those of the same source that are under way still count
  total = total - row + open
  counted, row, at, known = open, open, now, '1'
elseif outcome == 'unchecked' then
  total, counted, row = total - 1, math.max(0, counted - 1), math.max(0, row - 1)
end

if row == 0 and counted == 0 and known == '0' then
  redis.call('HDEL', key, source)
else
  redis.call('HSET', key, source, string.format('%.0f %.0f %.0f %.0f %s', counted, row, open, at, known))
end
if total > 0 then
  redis.call('HSET', key, 'row', string.format('%.0f', total))
else
  redis.call('HDEL', key, 'row')
end
if outcome == 'right' then redis.call('PEXPIRE', key, ARGV[4]) end
return 'ended'
