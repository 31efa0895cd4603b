namespace TokenLifecycle.Redis.Scripts;

/// <summary>
/// The steps of <see cref="RedisAuthorizationRequestStore"/>, one script each. All keys are in one slot of a cluster. Times are
/// microseconds of the app's clock, which the caller passes. The first key is the index of all requests by expiry, the second is the row;
/// the first argument is what all keys begin with.
/// </summary>
internal static class RequestScripts
{
    private const string Common = """
        local all, row, prefix = KEYS[1], KEYS[2], ARGV[1]

        local function remove(id)
          redis.call('DEL', prefix .. 'row:' .. id)
          redis.call('ZREM', all, id)
        end

        """;

    /// <summary>Arguments: prefix, id, holder, expires at, now, the mark of this call. Returns what was found, and the outcome.</summary>
    public const string Take = Common + """
        local id, holder, now, mark = ARGV[2], ARGV[3], ARGV[5], ARGV[6]
        for _, expired in ipairs(redis.call('ZRANGEBYSCORE', all, '-inf', now, 'LIMIT', 0, 100)) do remove(expired) end
        local values = redis.call('HMGET', row, 'holder', 'taken_by', 'outcome', 'expires_at')
        if values[1] and tonumber(values[4]) <= tonumber(now) then
          remove(id)
          values = {}
        end
        if not values[1] then
          redis.call('HSET', row, 'holder', holder, 'taken_by', mark, 'expires_at', ARGV[4])
          redis.call('ZADD', all, ARGV[4], id)
          return { 'taken' }
        end
        if values[2] == mark then return { 'taken' } end
        if values[1] ~= holder then return { 'another' } end
        return { 'before', values[3] }
        """;

    /// <summary>Arguments: prefix, outcome.</summary>
    public const string Note = Common + """
        if redis.call('EXISTS', row) == 1 then redis.call('HSET', row, 'outcome', ARGV[2]) end
        return 1
        """;

    /// <summary>Arguments: prefix, holder, now.</summary>
    public const string Find = Common + """
        local values = redis.call('HMGET', row, 'holder', 'expires_at', 'outcome')
        return values[1] == ARGV[2] and tonumber(values[2]) > tonumber(ARGV[3]) and values[3]
        """;
}
