-- Looks at a session, and at what would become of a presented generation of its refresh token (see rotate-1.lua). Turns nothing, and
-- what would be reuse ends nothing here.
--
-- KEYS[1]  sessions:{userId}, a hash, of which a field is: session id -> "next current retired turnedAt openedAt" (see open-1.lua)
-- ARGV[1]  session id
-- ARGV[2]  presented generation, or an empty string when only the session is asked for
-- ARGV[3]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[4]  idle limit in milliseconds
-- ARGV[5]  absolute limit in milliseconds
-- ARGV[6]  settling time of a turn in milliseconds
-- Returns  { 'lives', openedAt, usedAt, endsAt, 1 when it was opened from another session (see open-child-1.lua) and otherwise 0 }:
--          it lives, and the generation would be answered with tokens
--          { 'ended' }: anything else
-- Writes   nothing

local presented = tonumber(ARGV[2])
local idle, life, grace = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then return { 'ended' } end
local next, current, retired, turnedAt, openedAt = string.match(stored, '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
next, current, retired = tonumber(next), tonumber(current), tonumber(retired)
turnedAt, openedAt = tonumber(turnedAt), tonumber(openedAt)

local usedAt = math.max(openedAt, turnedAt)
local endsAt = math.min(usedAt + idle, openedAt + life)
-- next is 0 when a retired token was presented
if now >= endsAt or next == 0 then return { 'ended' } end
if presented then
  local settling = now < turnedAt + grace
  local good = presented >= next or presented == current or (settling and presented == retired)
  if presented < 1 or not good then return { 'ended' } end
end
return { 'lives', openedAt, usedAt, endsAt, redis.call('HEXISTS', KEYS[1], '.>' .. string.sub(ARGV[1], -8)) }
