-- The sessions of a user that live, as they stand in the hash.
--
-- KEYS[1]  sessions:{userId} (see open-1.lua)
-- ARGV[1]  now in milliseconds, or an empty string for the clock of Redis
-- ARGV[2]  idle limit in milliseconds
-- ARGV[3]  absolute limit in milliseconds
-- Returns  lines with a line break between: "id family kind openedAt usedAt endsAt address device"
--          The kind is "turns", or "fixed" where the refresh token stays the same.
--          The family is named by the id of the session that it began with, which need not live any more.
-- Writes   nothing

local idle, life = tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1e3 + math.floor(tonumber(time[2]) / 1e3)
end

local fields = redis.call('HGETALL', KEYS[1])
local about = {}
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 1) == '.' then about[fields[i]] = fields[i + 1] end
end

local function familyOf(session)
  return about['.>' .. string.sub(session, -8)] or session
end

-- next is 0 when a retired token was presented: that was the end of its family
local over = {}
for i = 1, #fields, 2 do
  if string.match(fields[i + 1], '^0 %d+ %d+ %d+ %d+$') then over[familyOf(fields[i])] = true end
end
local lines = {}
for i = 1, #fields, 2 do
  local next, current, turned, opened = string.match(fields[i + 1], '^(%d+) (%d+) %d+ (%d+) (%d+)$')
  turned, opened = tonumber(turned), tonumber(opened)
  if opened ~= nil and not over[familyOf(fields[i])] then
    local used = math.max(opened, turned)
    local ends = math.min(used + idle, opened + life)
    if now < ends then
      local rest = about['.' .. string.sub(fields[i], -8)] or '- Unknown device'
      local family, kind = familyOf(fields[i]), next == current and 'fixed' or 'turns'
      lines[#lines + 1] = string.format('%s %s %s %.0f %.0f %.0f %s', fields[i], family, kind, opened, used, ends, rest)
    end
  end
end
return table.concat(lines, '\n')
