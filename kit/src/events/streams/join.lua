-- Lets a handler's group read a domain's stream from where the handler's own store says that it stopped. Whatever the group was
-- before does not matter: what a dead process had taken lies behind that offset and is read again.
-- KEYS: stream, state, wanted, progress, handed. ARGV: handler, its offset.
-- Returns 0 when nobody has published yet, 1 when the stream holds all that is needed, 2 with a range that the relay must hand in
-- first.
local floor = tonumber(redis.call('HGET', KEYS[2], 'floor') or '-1')
if floor < 0 then return {0, 0, 0} end
local start = tonumber(ARGV[2])
-- The domain's store was restored to an earlier time. The inbox tells what of the rest is new.
if start > tonumber(redis.call('HGET', KEYS[2], 'published')) then start = floor end
redis.call('HSET', KEYS[4], ARGV[1], start)
redis.call('DEL', KEYS[5])
redis.call('HDEL', KEYS[3], ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1]) end
local from = math.max(start, floor)
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], string.format('%.0f-0', from), 'MKSTREAM')
if start >= floor then return {1, start, start} end
redis.call('HSET', KEYS[3], ARGV[1], string.format('%.0f-%.0f', start, floor))
return {2, start, floor}
