-- Counts a guess at the password of an account before the password is looked at, or says why it may not be.
--
-- KEYS[1]  guesses:{ACCOUNT}, a hash
--          row     -> guesses of all sources since each of them was last right: wrong ones, and those under way
--          source  -> "counted row open at" (a source is an address or a known device)
--            counted: what decides the waiting; begins anew after a quiet time. row: those since it was last right.
--            open: how many are under way. at: when the last one began, milliseconds since the epoch.
-- KEYS[2]  known:{ACCOUNT} -> the addresses from which somebody was right, with spaces around each (see end-guess-2.lua)
-- ARGV[1]  source
-- ARGV[2]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[3]  how many guesses are free
-- ARGV[4]  the quiet time after which they are free again, in milliseconds
-- ARGV[5]  the first wait in milliseconds; each further one is twice as long
-- ARGV[6]  the longest wait in milliseconds
-- ARGV[7]  how many guesses in a row need no challenge
-- ARGV[8]  how long a guess may be under way in milliseconds; what takes longer was wrong
-- ARGV[9]  how long all this is kept in milliseconds, at first
-- ARGV[10] and from ten in a row on
-- ARGV[11] '1' when the device has shown that it is known
-- ARGV[12] '1' when a challenge was passed
-- Returns  { 'go', '1' when nothing was known of the account }, { 'wait', milliseconds }, { 'later' } when guesses under way
--          decide, or { 'challenge' }
-- Writes   the fields of the source and of the row, the life of the key

local key, source = KEYS[1], ARGV[1]
local free, quiet, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
local limit, underWay = tonumber(ARGV[7]), tonumber(ARGV[8])
local mostSources = 200
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local function parse(text)
  local counted, row, open, at = string.match(text or '', '^(%d+) (%d+) (%d+) (%d+)$')
  return tonumber(counted) or 0, tonumber(row) or 0, tonumber(open) or 0, tonumber(at) or 0
end

local function write(counted, row, open, at)
  redis.call('HSET', key, source, string.format('%.0f %.0f %.0f %.0f', counted, row, open, at))
end

local function waitAfter(counted)
  if counted < free then return 0 end
  return math.min(tonumber(ARGV[5]) * 2 ^ math.min(counted - free, 30), most)
end

-- As many addresses as anybody likes may guess at one account. What is forgotten of one still counts in the row.
local function makeRoom()
  local fields = redis.call('HGETALL', key)
  local left, first, firstAt = 0, nil, nil
  for i = 1, #fields, 2 do
    if fields[i] ~= 'row' then
      local counted, _, _, at = parse(fields[i + 1])
      local goesOn = at + math.max(waitAfter(counted), underWay)
      if now >= goesOn then
        redis.call('HDEL', key, fields[i])
      else
        left = left + 1
        if not firstAt or goesOn < firstAt then first, firstAt = fields[i], goesOn end
      end
    end
  end
  if left >= mostSources then redis.call('HDEL', key, first) end
end

local before = redis.call('HGET', key, source)
local counted, row, open, at = parse(before)
if at > now then
  -- a clock that was set back must not make anybody wait until it is as late again
  at = now
  write(counted, row, open, at)
end
if now - at > underWay then open = 0 end
if now - at >= waitAfter(counted) + quiet then counted = open end

local goesOn = at + waitAfter(counted)
if now < goesOn then
  if counted - open < free and open > 0 then return { 'later' } end
  return { 'wait', goesOn - now }
end

local total = tonumber(redis.call('HGET', key, 'row') or '0')
local needsChallenge = row >= limit
if not needsChallenge and total >= limit and ARGV[11] ~= '1' then
  needsChallenge = not string.find(redis.call('GET', KEYS[2]) or '', ' ' .. source .. ' ', 1, true)
end
if needsChallenge and ARGV[12] ~= '1' then return { 'challenge' } end

local isNew = redis.call('EXISTS', key) == 0
if not before and redis.call('HLEN', key) > mostSources then makeRoom() end
write(counted + 1, row + 1, open + 1, now)
redis.call('HSET', key, 'row', string.format('%.0f', total + 1))
if total + 1 >= 10 then
  redis.call('PEXPIRE', key, ARGV[10])
elseif isNew then
  redis.call('PEXPIRE', key, ARGV[9])
end
return { 'go', isNew and '1' or '0' }
