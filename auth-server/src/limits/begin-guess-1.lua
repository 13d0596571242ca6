-- Counts a guess at the password of an account before the password is looked at, or says why it may not be.
--
-- KEYS[1]  guesses:ACCOUNT, a hash
--          row     -> guesses of all sources since each of them was last right: wrong ones, and those under way
--          source  -> "counted row open at known" (a source is an address or a known device)
--            counted: what decides the waiting; begins anew after a quiet time. row: those since it was last right.
--            open: how many are under way. at: when the last one began, milliseconds since the epoch.
--            known: 1 once it was right.
-- ARGV[1]  source
-- ARGV[2]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[3]  how many guesses are free
-- ARGV[4]  the quiet time after which they are free again, in milliseconds
-- ARGV[5]  the first wait in milliseconds; each further one is twice as long
-- ARGV[6]  the longest wait in milliseconds
-- ARGV[7]  how many guesses in a row need no challenge
-- ARGV[8]  how long a guess may be under way in milliseconds; what takes longer was wrong
-- ARGV[9]  how long all this is kept, in milliseconds
-- ARGV[10] '1' when the device has shown that it is known
-- ARGV[11] '1' when a challenge was passed
-- Returns  { 'go', '1' when nothing was known of the account }, { 'wait', milliseconds }, { 'later' } when guesses under way
--          decide, or { 'challenge' }
-- Writes   the fields of the source and of the row, the life of the key

local key, source = KEYS[1], ARGV[1]
local free, quiet, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
local limit = tonumber(ARGV[7])
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local function parse(text)
  local counted, row, open, at, known = string.match(text or '', '^(%d+) (%d+) (%d+) (%d+) (%d)$')
  return tonumber(counted) or 0, tonumber(row) or 0, tonumber(open) or 0, tonumber(at) or 0, known == '1'
end

local function waitAfter(counted)
  if counted < free then return 0 end
  return math.min(tonumber(ARGV[5]) * 2 ^ math.min(counted - free, 30), most)
end

local function write(counted, row, open, at, known)
  local mark = known and '1' or '0'
  redis.call('HSET', key, source, string.format('%.0f %.0f %.0f %.0f %s', counted, row, open, at, mark))
end

local before = redis.call('HGET', key, source)
local counted, row, open, at, known = parse(before)
if at > now then
  -- a clock that was set back must not make anybody wait until it is as late again
  at = now
  write(counted, row, open, at, known)
end
if now - at > tonumber(ARGV[8]) then open = 0 end
if now - at >= waitAfter(counted) + quiet then counted = open end

local goesOn = at + waitAfter(counted)
if now < goesOn then
  if counted - open < free and open > 0 then return { 'later' } end
  return { 'wait', goesOn - now }
end

local total = tonumber(redis.call('HGET', key, 'row') or '0')
local trusted = known or ARGV[10] == '1'
if ARGV[11] ~= '1' and (row >= limit or (total >= limit and not trusted)) then return { 'challenge' } end

local isNew = redis.call('EXISTS', key) == 0
if not before and not isNew and redis.call('HLEN', key) > 200 then
  -- as many addresses as anybody likes may guess: what is forgotten of one of them still counts in the row
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local _, _, _, last, isKnown = parse(fields[i + 1])
    if fields[i] ~= 'row' and not isKnown and now - last > tonumber(ARGV[8]) then redis.call('HDEL', key, fields[i]) end
  end
end

write(counted + 1, row + 1, open + 1, now, known)
redis.call('HSET', key, 'row', string.format('%.0f', total + 1))
if isNew or total + 1 >= 10 then redis.call('PEXPIRE', key, ARGV[9]) end
return { 'go', isNew and '1' or '0' }
