-- Opens a session of a user. Sessions that have ended are removed, and the oldest make room when there are too many.
-- Sent again for the same session, it changes nothing and answers the same.
--
-- KEYS[1]  sessions:{userId}, a hash with two fields a session:
--          session id -> "next current retired turnedAt openedAt"
--            Generations are 0 for none; next is 0 when a retired token was presented, and the session has ended. Times are milliseconds since the epoch; turnedAt is 0 before the first turn.
--          a point and the last eight characters of the id -> "address device"
--            As they were at sign-in. Apart, because a hash whose values are all short takes half the memory.
-- ARGV[1]  session id
-- ARGV[2]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[3]  idle limit in milliseconds
-- ARGV[4]  absolute limit in milliseconds
-- ARGV[5]  the most sessions of a user
-- ARGV[6]  address and device
-- Returns  { 'opened', endsAt, now, ids of the evicted sessions with a space between }
-- Writes   the fields of the session, the fields that go, the life of the key

local key, id = KEYS[1], ARGV[1]
local idle, life, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local function endOf(openedAt, turnedAt)
  return math.min(math.max(openedAt, turnedAt) + idle, openedAt + life)
end

local function aboutOf(session)
  return '.' .. string.sub(session, -8)
end

local fields = redis.call('HGETALL', key)
local live = {}
local openedAt, endsAt = now, endOf(now, 0)
local known = false
for i = 1, #fields, 2 do
  local _, _, _, turned, opened = string.match(fields[i + 1], '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  turned, opened = tonumber(turned), tonumber(opened)
  if opened == nil then
    -- what is known about a session goes with it
  elseif now >= endOf(opened, turned) then
    redis.call('HDEL', key, fields[i], aboutOf(fields[i]))
  elseif fields[i] == id then
    known, endsAt = true, endOf(opened, turned)
  else
    live[#live + 1] = { id = fields[i], openedAt = opened }
  end
end

if known then return { 'opened', endsAt, now, '' } end

table.sort(live, function(a, b)
  if a.openedAt == b.openedAt then return a.id < b.id end
  return a.openedAt < b.openedAt
end)
local evicted = {}
for i = 1, #live - most + 1 do
  redis.call('HDEL', key, live[i].id, aboutOf(live[i].id))
  evicted[i] = live[i].id
end

redis.call('HSET', key, id, string.format('1 0 0 0 %.0f', openedAt), aboutOf(id), ARGV[6])
if redis.call('PTTL', key) < endsAt - now then redis.call('PEXPIRE', key, string.format('%.0f', endsAt - now)) end
return { 'opened', endsAt, now, table.concat(evicted, ' ') }
