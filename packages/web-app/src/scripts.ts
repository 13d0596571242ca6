/**
 * What a session looks like in Redis: one value, two lines of JSON. The first holds the tokens (empty: nobody is signed in), the second what the
 * app keeps in `req.session`. Each is written by a script of its own that leaves the other as it is.
 */

/**
 * Saves the app's line. A session that has ended meanwhile stays ended, and tokens that were renewed meanwhile stay renewed.
 * KEYS: the session. ARGV: the app's line, seconds to live. Returns `saved` or `gone`.
 */
export const saveScript = `
local stored = redis.call('GET', KEYS[1])
if not stored then return 'gone' end
local tokens = string.match(stored, '^[^\\n]*')
redis.call('SET', KEYS[1], tokens .. '\\n' .. ARGV[1], 'EX', ARGV[2])
return 'saved'`

/** KEYS: the session. ARGV: both lines, seconds to live. Returns `saved`. */
export const openScript = `
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 'saved'`

/**
 * Puts new tokens in the place of those that were renewed, and of no others.
 * KEYS: the session. ARGV: the tokens that were renewed, the new ones. Returns `kept`, `changed` or `gone`.
 */
export const renewScript = `
local stored = redis.call('GET', KEYS[1])
if not stored then return 'gone' end
local tokens = string.match(stored, '^[^\\n]*')
if tokens ~= ARGV[1] then return 'changed' end
local left = redis.call('PTTL', KEYS[1])
if left <= 0 then return 'gone' end
redis.call('SET', KEYS[1], ARGV[2] .. string.sub(stored, #tokens + 1), 'PX', left)
return 'kept'`

/** KEYS: a key. ARGV: the value under which it was taken. Returns 1, or 0 when somebody else holds it now. */
export const giveBackScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`
