-- Says what became of a guess that was begun.
--
-- KEYS[1]  guesses:{ACCOUNT} (see begin-guess-2.lua)
-- KEYS[2]  known:{ACCOUNT} -> up to twenty addresses from which somebody was right, the last one first, with spaces around each
-- ARGV[1]  source
-- ARGV[2]  'right', 'wrong', or 'unchecked' when nobody has looked at the password
-- ARGV[3]  how long the guesses are kept from here on in milliseconds, or an empty string for as they are
-- ARGV[4]  how long the addresses are kept, in milliseconds
-- ARGV[5]  '1' when the source is an address, and not a device, which carries its own proof
-- Returns  'ended'
-- Writes   the fields of the source and of the row, the life of the key; when it was right, the addresses and their life

local key, source, outcome = KEYS[1], ARGV[1], ARGV[2]

if outcome == 'right' and ARGV[5] == '1' then
  local list, count = ' ' .. source .. ' ', 1
  for each in string.gmatch(redis.call('GET', KEYS[2]) or '', '%S+') do
    if each ~= source and count < 20 then
      list = list .. each .. ' '
      count = count + 1
    end
  end
  redis.call('SET', KEYS[2], list, 'PX', ARGV[4])
end

local text = redis.call('HGET', key, source)
-- gone in the meantime: then there is nothing to take back
if not text then return 'ended' end
local counted, row, open, at = string.match(text, '^(%d+) (%d+) (%d+) (%d+)$')
counted, row, open = tonumber(counted), tonumber(row), math.max(0, tonumber(open) - 1)
local total = tonumber(redis.call('HGET', key, 'row') or '0')

if outcome == 'right' then
  -- those of the same source that are under way still count
  total = total - row + open
  counted, row = open, open
elseif outcome == 'unchecked' then
  total, counted, row = total - 1, math.max(0, counted - 1), math.max(0, row - 1)
end

if row == 0 and counted == 0 then
  redis.call('HDEL', key, source)
else
  redis.call('HSET', key, source, string.format('%.0f %.0f %.0f %s', counted, row, open, at))
end
if total > 0 then
  redis.call('HSET', key, 'row', string.format('%.0f', total))
else
  redis.call('HDEL', key, 'row')
end
if ARGV[3] ~= '' then redis.call('PEXPIRE', key, ARGV[3]) end
return 'ended'
