"""The Lua scripts of the seat counter. Each begins by forgetting expired leases, by the server's own clock.

A lease granted by a clock that has since been set back by more than the lease's life is forgotten too.

KEYS[1]: hash of leases, JSON by seat; KEYS[2]: hash of sessions not proven gone, reason by id.
"""

_ALIVE = """
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local alive = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  local lease = cjson.decode(flat[i + 1])
  if math.abs(now_ms - lease.granted_ms) < lease.expires_ms - lease.granted_ms then
    alive[#alive + 1] = lease
  else
    redis.call('HDEL', KEYS[1], flat[i])
  end
end
"""

TAKE = (
    _ALIVE
    + """
local token, lane, owner, purpose, fence = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local lease_ms, total, of_purpose, shares = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9] == '1'
local taken, used, used_by_purpose, former = {}, redis.call('HLEN', KEYS[2]), 0, nil
for _, lease in ipairs(alive) do
  if lease.token == token then return cjson.encode({lease = lease}) end
  if lease.lane == lane and lease.purpose == purpose and not shares then
    former = lease
  else
    taken[lease.seat] = true
    used = used + 1
    if lease.purpose == purpose then used_by_purpose = used_by_purpose + 1 end
  end
end
if former and former.fence >= fence then return cjson.encode({newer = former}) end
if used >= total or used_by_purpose >= of_purpose then
  return cjson.encode({used = used, of_purpose = used_by_purpose})
end
local seat = former and former.seat or 1
while taken[seat] do seat = seat + 1 end
local lease = {seat = seat, lane = lane, owner = owner, purpose = purpose, fence = fence, token = token,
               granted_ms = now_ms, expires_ms = now_ms + lease_ms}
redis.call('HSET', KEYS[1], seat, cjson.encode(lease))
return cjson.encode({lease = lease})
"""
)
"""ARGV: token, lane, owner, purpose, fence, lease in ms, seats allowed in all, of this purpose, whether it shares."""

RENEW = (
    _ALIVE
    + """
for _, lease in ipairs(alive) do
  if lease.token == ARGV[1] then
    lease.granted_ms, lease.expires_ms = now_ms, now_ms + tonumber(ARGV[2])
    redis.call('HSET', KEYS[1], lease.seat, cjson.encode(lease))
    return cjson.encode(lease)
  end
end
return false
"""
)
"""ARGV: token, lease in ms. Answers the lease, or nil when it is not alive."""

GIVE_BACK = (
    _ALIVE
    + """
for _, lease in ipairs(alive) do
  if lease.token == ARGV[1] then redis.call('HDEL', KEYS[1], lease.seat) end
end
"""
)
"""ARGV: token."""

HELD = (
    _ALIVE
    + """
local texts = {}
for _, lease in ipairs(alive) do texts[#texts + 1] = cjson.encode(lease) end
return texts
"""
)
