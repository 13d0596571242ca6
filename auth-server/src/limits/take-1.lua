-- Takes from what a key may use, which comes back evenly in time (the generic cell rate algorithm): there is no window at
-- whose edge it could be used twice. It has the arguments and the answer that rate-limiter-flexible gives and expects.
--
-- KEYS[1]  limit:NAME:COUNT/SECONDS:WHOSE -> when all that was taken will be back, milliseconds since the epoch
-- ARGV[1]  how much is taken; given back, when negative
-- ARGV[2]  not used
-- ARGV[3]  how much there is at most
-- ARGV[4]  in how many seconds all of it comes back
-- Returns  { how much is taken now, milliseconds until it is back }, or { more than there is, milliseconds until it may be asked for again }
-- Writes   the key and its life; nothing, when there is not enough (but for a clock that was set back)

local key, amount = KEYS[1], tonumber(ARGV[1])
local most, span = tonumber(ARGV[3]), tonumber(ARGV[4]) * 1e3
local each = span / most
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1e3 + tonumber(time[2]) / 1e3

local taken = tonumber(redis.call('GET', key) or '0')
if taken > now + span then
  -- a clock that was set back must not make anybody wait until it is as late again
  taken = now + span
  redis.call('SET', key, string.format('%.3f', taken), 'PX', string.format('%.0f', span))
end
local backAt = math.max(taken, now) + amount * each
-- a hundredth of one is for clocks that do not go evenly, and for what is lost when fractions are added up
if backAt - now > span + each / 100 then return { most + 1, math.ceil(backAt - now - span) } end
if backAt <= now then
  redis.call('DEL', key)
  return { 0, 0 }
end
redis.call('SET', key, string.format('%.3f', backAt), 'PX', string.format('%.0f', math.ceil(backAt - now)))
return { math.min(math.ceil((backAt - now) / each - 1e-6), most), math.ceil(backAt - now) }
