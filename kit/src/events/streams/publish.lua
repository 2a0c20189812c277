-- Appends events to a domain's stream, each once, in order, whichever relay is faster.
-- KEYS: stream, state. ARGV: position up to which the domain's store says that everything is here, then position, id, event, …
local expected = tonumber(ARGV[1])
local published = tonumber(redis.call('HGET', KEYS[2], 'published') or '-1')
local floor = tonumber(redis.call('HGET', KEYS[2], 'floor') or '-1')
-- Less is here than the store remembers: Redis was emptied or has lost its latest writes. What is left cannot be trusted to have
-- no gap, so the stream begins anew, and handlers are given what they lack by the relay.
local lost = published < expected or (floor < published and redis.call('EXISTS', KEYS[1]) == 0)
if lost then
  redis.call('DEL', KEYS[1])
  published = expected
  redis.call('HSET', KEYS[2], 'floor', expected)
end
for i = 2, #ARGV, 3 do
  local position = tonumber(ARGV[i])
  if position > published then
    redis.call('XADD', KEYS[1], ARGV[i] .. '-0', 'id', ARGV[i + 1], 'event', ARGV[i + 2])
    published = position
  end
end
redis.call('HSET', KEYS[2], 'published', published)
return lost and 1 or 0
