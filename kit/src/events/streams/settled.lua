-- Whether every handler that is at work has dealt with a domain's events up to a position.
-- KEYS: progress. ARGV: position, what the names of leases begin with.
local progress = redis.call('HGETALL', KEYS[1])
for i = 1, #progress, 2 do
  local is_behind = tonumber(progress[i + 1]) < tonumber(ARGV[1])
  if is_behind and redis.call('EXISTS', ARGV[2] .. progress[i]) == 1 then return 0 end
end
return 1
