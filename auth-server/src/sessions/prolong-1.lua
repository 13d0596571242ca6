-- Answers for the refresh token of a session whose token stays the same: it counts as used, and lives on. Use within the
-- settling time of the one before is not written down. Sent again, it answers the same.
--
-- KEYS[1]  sessions:{userId}, a hash, of which a field is: session id -> "next current retired turnedAt openedAt" (see open-1.lua)
-- ARGV[1]  session id
-- ARGV[2]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[3]  idle limit in milliseconds
-- ARGV[4]  absolute limit in milliseconds
-- ARGV[5]  settling time in milliseconds
-- Returns  { 'lives', endsAt, now }
--          { 'ended' }: there is no such session, or it is of the other kind
-- Writes   the field of the session, the life of the key

local key, id = KEYS[1], ARGV[1]
local idle, life, grace = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local stored = redis.call('HGET', key, id)
if not stored then return { 'ended' } end
local next, current, usedAt, openedAt = string.match(stored, '^(%d+) (%d+) %d+ (%d+) (%d+)$')
usedAt, openedAt = tonumber(usedAt), tonumber(openedAt)
if next == '0' or next ~= current then return { 'ended' } end

local function endOf()
  return math.min(math.max(openedAt, usedAt) + idle, openedAt + life)
end

if now >= endOf() then
  redis.call('HDEL', key, id, '.' .. string.sub(id, -8), '.>' .. string.sub(id, -8))
  return { 'ended' }
end
if now >= math.max(openedAt, usedAt) + grace then
  usedAt = now
  redis.call('HSET', key, id, string.format('%s %s 0 %.0f %.0f', next, current, usedAt, openedAt))
  if redis.call('PTTL', key) < endOf() - now then redis.call('PEXPIRE', key, string.format('%.0f', endOf() - now)) end
end
return { 'lives', endOf(), now }
