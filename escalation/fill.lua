-- Enters tickets that are neither waiting in time nor claimed.
-- KEYS: due, claimed.  ARGV: the latest score a lease can have, then member, next step (epoch ms) for each.
-- Gives how many were missing or stood too late.
local missing = 0
for at = 2, #ARGV, 2 do
  local member = ARGV[at]
  local held = redis.call('ZSCORE', KEYS[2], member)
  if not held or tonumber(held) > tonumber(ARGV[1]) then
    missing = missing + redis.call('ZADD', KEYS[1], 'LT', 'CH', ARGV[at + 1], member)
  end
end
return missing
