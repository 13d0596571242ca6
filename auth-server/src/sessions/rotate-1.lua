-- Decides about a presented generation of a session's refresh token, and turns the token at most once per settling time.
-- Sent again, it answers the same: a repeated command finds the turn that it made settling.
--
-- KEYS[1]  sessions:{userId}, a hash, of which a field is: session id -> "next current retired turnedAt openedAt" (see open-1.lua)
-- ARGV[1]  session id
-- ARGV[2]  presented generation; its HMAC was checked, so this server or its like made it
-- ARGV[3]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[4]  idle limit in milliseconds
-- ARGV[5]  absolute limit in milliseconds
-- ARGV[6]  settling time of a turn in milliseconds
-- Returns  { 'rotated', generation, endsAt, now }: answer with this generation
--          { 'reused' }: somebody presented a retired token; the session has ended. It is the answer from then on, to whatever is
--          presented, until the field is removed: whoever asked may not have got it
--          { 'ended' }: there is no such session
-- Writes   the field of the session, the life of the key

local key, id, presented = KEYS[1], ARGV[1], tonumber(ARGV[2])
local idle, life, grace = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local stored = redis.call('HGET', key, id)
if not stored then return { 'ended' } end

local next, current, retired, turnedAt, openedAt = string.match(stored, '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
next, current, retired = tonumber(next), tonumber(current), tonumber(retired)
turnedAt, openedAt = tonumber(turnedAt), tonumber(openedAt)

local function endOf()
  return math.min(math.max(openedAt, turnedAt) + idle, openedAt + life)
end

if now >= endOf() then
  redis.call('HDEL', key, id, '.' .. string.sub(id, -8), '.>' .. string.sub(id, -8))
  return { 'ended' }
end

-- generations begin at 1: a retired one was presented before
if next == 0 then return { 'reused' } end

local settling = now < turnedAt + grace
if presented > next then
  -- we made it, so Redis has lost writes: take it for the one in use
  current, retired, next = presented, 0, presented + 1
elseif presented > 0 and settling and (presented == next or presented == current or presented == retired) then
  return { 'rotated', next, endOf(), now }
elseif presented == next then
  -- the client has moved on
  retired, current, next = current, next, next + 1
elseif presented > 0 and presented == current then
  -- the reply that carried next was lost or overtaken
  retired, next = next, next + 1
else
  redis.call('HSET', key, id, string.format('0 0 0 %.0f %.0f', turnedAt, openedAt))
  return { 'reused' }
end

turnedAt = now
redis.call('HSET', key, id, string.format('%.0f %.0f %.0f %.0f %.0f', next, current, retired, turnedAt, openedAt))
local endsAt = endOf()
if redis.call('PTTL', key) < endsAt - now then redis.call('PEXPIRE', key, string.format('%.0f', endsAt - now)) end
return { 'rotated', next, endsAt, now }
