namespace TokenLifecycle.Redis.Scripts;

/// <summary>
/// The steps of <see cref="RedisAuthorizationRequestStore"/>, one script each. All keys are in one slot of a cluster. Times are microseconds of the app's clock, which the
/// caller passes. The first key is the index of all requests by expiry, the second is the row; the first argument is what all keys begin with.
/// </summary>
internal static class RequestScripts
{
    private const string Common = """
        local all, row, prefix = KEYS[1], KEYS[2], ARGV[1]

        local function pending(field, id) return prefix .. field .. ':' .. id end

        local function not_pending(key, id)
          for _, field in ipairs({ 'browser', 'owner' }) do
            local of = redis.call('HGET', key, field)
            if of then redis.call('ZREM', pending(field, of), id) end
          end
        end

        local function remove(id)
          not_pending(prefix .. 'row:' .. id, id)
          redis.call('DEL', prefix .. 'row:' .. id)
          redis.call('ZREM', all, id)
        end

        -- Whether the browser may see the request.
        local function is_live(browser, now)
          local values = redis.call('HMGET', row, 'browser', 'expires_at')
          return values[1] == browser and tonumber(values[2]) > tonumber(now)
        end

        """;

    /// <summary>Arguments: prefix, id, browser, owner, payload, created at, expires at, now, the bounds of browser, owner and all.</summary>
    public const string Add = Common + """
        local id, browser, owner, now = ARGV[2], ARGV[3], ARGV[4], ARGV[8]
        for _, expired in ipairs(redis.call('ZRANGEBYSCORE', all, '-inf', now, 'LIMIT', 0, 100)) do remove(expired) end
        if redis.call('EXISTS', row) == 1 then return 1 end
        local function make_room(set, most)
          local surplus = redis.call('ZCARD', set) - most
          if surplus >= 0 then
            for _, oldest in ipairs(redis.call('ZRANGE', set, 0, surplus)) do remove(oldest) end
          end
        end
        make_room(pending('browser', browser), tonumber(ARGV[9]))
        make_room(pending('owner', owner), tonumber(ARGV[10]))
        if redis.call('ZCOUNT', all, '(' .. now, '+inf') >= tonumber(ARGV[11]) then return 0 end
        redis.call('HSET', row, 'browser', browser, 'owner', owner, 'payload', ARGV[5], 'expires_at', ARGV[7])
        redis.call('ZADD', all, ARGV[7], id)
        redis.call('ZADD', pending('browser', browser), ARGV[6], id)
        redis.call('ZADD', pending('owner', owner), ARGV[6], id)
        return 1
        """;

    /// <summary>Arguments: prefix, id, browser, now, the id of this call. Returns what was found, and payload or outcome.</summary>
    public const string Take = Common + """
        if not is_live(ARGV[3], ARGV[4]) then return { 'unknown' } end
        if redis.call('HSETNX', row, 'taken_by', ARGV[5]) == 1 then not_pending(row, ARGV[2]) end
        local values = redis.call('HMGET', row, 'taken_by', 'payload', 'outcome')
        if values[1] == ARGV[5] and values[2] then return { 'taken', values[2] } end
        return { 'before', values[3] }
        """;

    /// <summary>Arguments: prefix, outcome. The verifier is no longer needed.</summary>
    public const string Note = Common + """
        if redis.call('HEXISTS', row, 'taken_by') == 0 then return 0 end
        redis.call('HSET', row, 'outcome', ARGV[2])
        redis.call('HDEL', row, 'payload')
        return 1
        """;

    /// <summary>Arguments: prefix, browser, now.</summary>
    public const string Find = Common + """
        return is_live(ARGV[2], ARGV[3]) and redis.call('HGET', row, 'outcome')
        """;
}
