-- Ends leases that are still this worker's, and enters each ticket's next step.
-- KEYS: due, claimed.  ARGV, three for each claim: member, end of its lease, next step or '' (epoch ms).
-- Gives how many leases were still this worker's.
local ended = 0
for at = 1, #ARGV, 3 do
  local member, lease_end, next_step = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local held = redis.call('ZSCORE', KEYS[2], member)
  if held and tonumber(held) == tonumber(lease_end) then
    redis.call('ZREM', KEYS[2], member)
    ended = ended + 1
  end
  -- LT: never later than what a mutation wrote meanwhile. Too early costs one look, too late a deadline.
  if next_step ~= '' then redis.call('ZADD', KEYS[1], 'LT', next_step, member) end
end
return ended
