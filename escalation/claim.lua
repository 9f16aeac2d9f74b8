-- Moves due members to `claimed` with a lease, after returning the leases that ran out.
-- KEYS: due, claimed, filled of each slot.  ARGV: now, how many at most, end of the new leases (epoch ms).
-- Gives {members, next score or -1, leases returned, slots that were never filled, how many are due and left}.
-- In a Redis Cluster a call has one slot: its keys have one hash tag.
local now, left, lease_end = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local waiting, claims, returned, unfilled, over = {}, {}, 0, 0, 0

for at = 1, #KEYS, 3 do
  local due, claimed = KEYS[at], KEYS[at + 1]
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', claimed, '-inf', now, 'LIMIT', 0, 1000)) do
    redis.call('ZREM', claimed, member)
    -- NX: what a mutation wrote while the lease ran is newer than what the lease was for.
    redis.call('ZADD', due, 'NX', now, member)
    returned = returned + 1
  end
  local count = redis.call('ZCOUNT', due, '-inf', now)
  if count > 0 then waiting[#waiting + 1] = {count, due, claimed} end
  unfilled = unfilled + 1 - redis.call('EXISTS', KEYS[at + 2])
end

-- Every slot gets an equal share, the smallest first, so that one shop's flood delays no other shop.
table.sort(waiting, function(a, b) return a[1] < b[1] end)
for rank, slot in ipairs(waiting) do
  local share = math.ceil(left / (#waiting - rank + 1))
  local members = {}
  if share > 0 then
    members = redis.call('ZRANGEBYSCORE', slot[2], '-inf', now, 'LIMIT', 0, share)
    for _, member in ipairs(members) do
      redis.call('ZREM', slot[2], member)
      if #member == 32 then -- anything else is not ours, and goes
        redis.call('ZADD', slot[3], lease_end, member)
        claims[#claims + 1] = member
      end
    end
  end
  left = left - #members
  over = over + slot[1] - #members
end

local next_score = -1
for at = 1, #KEYS, 3 do
  for offset = 0, 1 do
    local head = redis.call('ZRANGE', KEYS[at + offset], 0, 0, 'WITHSCORES')[2]
    if head and (next_score < 0 or tonumber(head) < next_score) then next_score = tonumber(head) end
  end
end
return {claims, next_score, returned, unfilled, over}
