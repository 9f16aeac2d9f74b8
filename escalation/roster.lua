-- Notes that a worker works, and forgets those that have not for long.
-- KEYS: the roster.  ARGV: the worker's name, now, before when a worker is forgotten (epoch ms).
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  if (tonumber(all[at + 1]) or 0) < tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], all[at]) end
end
return 1
