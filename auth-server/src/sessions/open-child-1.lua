-- Opens a session from another one of the same user, if that one lives: the two are of one family, and end together. It lives no
-- longer than a session of the same sign-in may, and shows its address and device. The least recently used child makes room
-- when a family has too many. Sent again for the same session, it changes nothing and answers the same.
--
-- KEYS[1]  sessions:{userId} (see open-1.lua)
-- ARGV[1]  session id
-- ARGV[2]  id of the session that it is opened from
-- ARGV[3]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[4]  idle limit in milliseconds
-- ARGV[5]  absolute limit in milliseconds
-- ARGV[6]  the most children of a family
-- Returns  { 'opened', endsAt, now, ids of the evicted sessions with a space between }
--          { 'ended' }: the session that it was to be opened from does not live
-- Writes   the fields of the session, the fields that go, the life of the key

local key, id, parent = KEYS[1], ARGV[1], ARGV[2]
local idle, life, most = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local now = tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local function tail(session)
  return string.sub(session, -8)
end

-- a session as it stands in the hash, or nil when it does not live
local function read(stored)
  local next, _, _, turned, opened = string.match(stored or '', '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  turned, opened = tonumber(turned), tonumber(opened)
  if opened == nil or next == '0' then return nil end
  local used = math.max(opened, turned)
  local endsAt = math.min(used + idle, opened + life)
  if now >= endsAt then return nil end
  return { openedAt = opened, usedAt = used, endsAt = endsAt }
end

local before = read(redis.call('HGET', key, id))
if before then return { 'opened', before.endsAt, now, '' } end
local from = read(redis.call('HGET', key, parent))
if not from then return { 'ended' } end
-- one of a child is one of the same family
local family = redis.call('HGET', key, '.>' .. tail(parent)) or parent

local fields = redis.call('HGETALL', key)
local isChild = {}
for i = 1, #fields, 2 do
  if fields[i + 1] == family and string.sub(fields[i], 1, 2) == '.>' then isChild[string.sub(fields[i], 3)] = true end
end
local children = {}
for i = 1, #fields, 2 do
  local child = isChild[tail(fields[i])] and fields[i] ~= parent and read(fields[i + 1])
  if child then children[#children + 1] = { id = fields[i], usedAt = child.usedAt } end
end
table.sort(children, function(a, b)
  if a.usedAt == b.usedAt then return a.id < b.id end
  return a.usedAt < b.usedAt
end)
local evicted = {}
for i = 1, #children - most + 1 do
  local child = children[i].id
  redis.call('HDEL', key, child, '.' .. tail(child), '.>' .. tail(child))
  evicted[i] = child
end

local about = redis.call('HGET', key, '.' .. tail(parent)) or '- Unknown device'
-- it is as old as the sign-in, and was used now
local session = string.format('1 0 0 %.0f %.0f', now, from.openedAt)
redis.call('HSET', key, id, session, '.' .. tail(id), about, '.>' .. tail(id), family)
local endsAt = math.min(now + idle, from.openedAt + life)
if redis.call('PTTL', key) < endsAt - now then redis.call('PEXPIRE', key, string.format('%.0f', endsAt - now)) end
return { 'opened', endsAt, now, table.concat(evicted, ' ') }
