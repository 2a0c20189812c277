-- Drops what every group has dealt with. A group that is further behind than the stream may be long is taken out; when its handler
-- comes back, the relay hands in what it lacks, so nothing is lost with it.
-- KEYS: stream, state. ARGV: how many entries are kept for groups that are behind.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local published = tonumber(redis.call('HGET', KEYS[2], 'published') or '-1')
local floor = tonumber(redis.call('HGET', KEYS[2], 'floor') or '-1')
if published < 0 then return 0 end
local function position(id) return tonumber(string.match(id, '^(%d+)')) end
local reached, limit = published, published - tonumber(ARGV[1])
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
  local done = position(info['last-delivered-id'])
  if info['pending'] > 0 then
    done = position(redis.call('XPENDING', KEYS[1], info['name'])[2]) - 1
  end
  if done < limit then
    redis.call('XGROUP', 'DESTROY', KEYS[1], info['name'])
  elseif done < reached then
    reached = done
  end
end
if reached <= floor then return 0 end
redis.call('HSET', KEYS[2], 'floor', reached)
return redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f-0', reached + 1))
