-- Ends a session of a user in one step with its family, or with those that were opened from it. Sent again, it does no harm.
--
-- KEYS[1]  sessions:{userId} (see open-1.lua)
-- ARGV[1]  session id
-- ARGV[2]  'family': with all of its family
--          'children': with those that were opened from it
-- Returns  ids of the sessions that were there, with a space between
-- Writes   the fields that go

local key, id = KEYS[1], ARGV[1]

local function tail(session)
  return string.sub(session, -8)
end

local fields = redis.call('HGETALL', key)
local begunBy = {}
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) == '.>' then begunBy[string.sub(fields[i], 3)] = fields[i + 1] end
end
local family = id
if ARGV[2] == 'family' then family = begunBy[tail(id)] or id end

local ended = {}
for i = 1, #fields, 2 do
  local session = fields[i]
  local isSession = string.sub(session, 1, 1) ~= '.'
  if isSession and (session == id or session == family or begunBy[tail(session)] == family) then
    redis.call('HDEL', key, session, '.' .. tail(session), '.>' .. tail(session))
    ended[#ended + 1] = session
  end
end
return table.concat(ended, ' ')
