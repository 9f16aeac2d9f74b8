-- KEYS: due, claimed, filled of each slot.
-- Gives five numbers for each: waiting, claimed, earliest score of both (-1 for none), whether it was filled.
local function first(key)
  return tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or -1)
end

local found = {}
for at = 1, #KEYS, 3 do
  local due, claimed, filled = KEYS[at], KEYS[at + 1], KEYS[at + 2]
  found[#found + 1] = {
    redis.call('ZCARD', due), redis.call('ZCARD', claimed), first(due), first(claimed), redis.call('EXISTS', filled),
  }
end
return found
