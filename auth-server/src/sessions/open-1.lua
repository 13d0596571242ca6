-- Opens a session of a user. Sessions that have ended are removed, and the oldest make room when there are too many, each with
-- its family. Sent again for the same session, it changes nothing and answers the same.
--
-- KEYS[1]  sessions:{userId}, a hash with two fields a session:
--          session id -> "next current retired turnedAt openedAt"
--            Generations are 0 for none; next is 0 when a retired token was presented, and the session has ended. Times are milliseconds since the epoch; turnedAt is 0 before the first turn.
--            Where next and current are the same the refresh token does not turn: it stays the first one (see prolong-1.lua).
--          a point and the last eight characters of the id -> "address device"
--            As they were at sign-in. Apart, because a hash whose values are all short takes half the memory.
--          and a third for one that was opened from another (see open-child-1.lua):
--          a point, > and the last eight characters of the id -> the id of the session that the family began with
--            It begins with a point because servers of the version before take every other field for a session.
-- ARGV[1]  session id
-- ARGV[2]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[3]  idle limit in milliseconds
-- ARGV[4]  absolute limit in milliseconds
-- ARGV[5]  the most families of a user
-- ARGV[6]  address and device
-- ARGV[7]  whether its refresh token stays the same: 1 or 0
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

local function tail(session)
  return string.sub(session, -8)
end

local function remove(session)
  redis.call('HDEL', key, session, '.' .. tail(session), '.>' .. tail(session))
end

local fields = redis.call('HGETALL', key)
local begunBy = {}
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) == '.>' then begunBy[string.sub(fields[i], 3)] = fields[i + 1] end
end

local live, families, known = {}, {}, {}
local openedAt, endsAt = now, endOf(now, 0)
local isOpen = false
for i = 1, #fields, 2 do
  local session = fields[i]
  local _, _, _, turned, opened = string.match(fields[i + 1], '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  turned, opened = tonumber(turned), tonumber(opened)
  if opened == nil then
    -- what is known about a session goes with it
  elseif now >= endOf(opened, turned) then
    remove(session)
  elseif session == id then
    isOpen, endsAt = true, endOf(opened, turned)
  else
    local family = begunBy[tail(session)] or session
    live[#live + 1] = { id = session, family = family }
    if not known[family] then
      known[family] = { id = family, openedAt = opened }
      families[#families + 1] = known[family]
    end
    known[family].openedAt = math.min(known[family].openedAt, opened)
    begunBy[tail(session)] = nil
  end
end

if isOpen then return { 'opened', endsAt, now, '' } end

-- left by a server of the version before, which ended the session
for gone in pairs(begunBy) do
  redis.call('HDEL', key, '.>' .. gone)
end

table.sort(families, function(a, b)
  if a.openedAt == b.openedAt then return a.id < b.id end
  return a.openedAt < b.openedAt
end)
local evicted = {}
for i = 1, #families - most + 1 do
  for _, session in ipairs(live) do
    if session.family == families[i].id then
      remove(session.id)
      evicted[#evicted + 1] = session.id
    end
  end
end

redis.call('HSET', key, id, string.format('1 %s 0 0 %.0f', ARGV[7], openedAt), '.' .. tail(id), ARGV[6])
if redis.call('PTTL', key) < endsAt - now then redis.call('PEXPIRE', key, string.format('%.0f', endsAt - now)) end
return { 'opened', endsAt, now, table.concat(evicted, ' ') }
