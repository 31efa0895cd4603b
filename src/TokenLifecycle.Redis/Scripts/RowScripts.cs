namespace TokenLifecycle.Redis.Scripts;

/// <summary>
/// One Lua script for each step of the store. Redis runs a script without interruption, so that a step is atomic, costs one round trip, and
/// needs no lock. Each one takes the keys of <see cref="RedisKeys"/>: the six indexes of a partition, then rows of that partition. Every
/// script runs on Redis' own clock.
/// </summary>
internal static class RowScripts
{
    /// <summary>Arguments: provider, channel, name, attempt, duration of the lease.</summary>
    public static readonly string Begin = CommonScript.Text + """
        local row, flat = read(KEYS[7])
        if not row then return { 'none' } end
        if not readable(row, ARGV[3]) then return { 'unreadable', flat } end
        if row.lease_owner ~= ARGV[4] and leased(row) then return { 'held', flat } end
        row, flat = take(KEYS[7], ARGV[3], row, ARGV[4], ARGV[5])
        return { 'acquired', flat }
        """;

    /// <summary>
    /// Arguments: provider, channel, name, fingerprint, write id, attempt, version, whether the attempt is undone, whether there is a
    /// failure, fields.
    /// </summary>
    public static readonly string End = CommonScript.Text + $$"""
        local row = read(KEYS[7])
        if row and row.write_id == ARGV[5] then return { 'done' } end
        if not row or row.lease_owner ~= ARGV[6] or row.version ~= ARGV[7] then return { 'none' } end
        local changes = given(10)
        if ARGV[9] == '1' then
          for _, field in ipairs({ {{string.Join(", ", RowFields.Failure.Select(static name => $"'{name}'"))}} }) do changes[field] = changes[field] or false end
        end
        if not changes.next_refresh_at and (changes.reauthorization or row.reauthorization) then changes.next_refresh_at = false end
        local count = tonumber(row.intent_presentations) or 0
        if ARGV[8] == '1' and count <= 1 then
          for _, field in ipairs({ 'intent_attempt_id', 'intent_first_at', 'intent_last_at', 'intent_presentations' }) do changes[field] = false end
        elseif ARGV[8] == '1' then
          changes.intent_presentations = whole(count - 1)
          -- The id of an attempt that was taken over stays, because its outcome is still unknown.
          if row.intent_attempt_id == ARGV[6] then changes.intent_attempt_id = false end
        else
          changes.intent_attempt_id = false
        end
        for _, field in ipairs({ 'lease_owner', 'lease_taken_at', 'lease_duration' }) do changes[field] = false end
        changes.write_id = ARGV[5]
        write(KEYS[7], ARGV[3], row, changes)
        -- The version stays, and what others remember at this version is out of date nevertheless.
        if changes.reauthorization then publish(ARGV[4], tonumber(row.version) + 1) end
        return { 'done' }
        """;

    /// <summary>
    /// Arguments: provider, channel, name, fingerprint, write id, expected version, random step, fields. Fields that are not ours stay
    /// unchanged.
    /// </summary>
    public static readonly string Save = CommonScript.Text + $$"""
        local row, flat = read(KEYS[7])
        if row and row.write_id == ARGV[5] and readable(row, ARGV[3]) then return { 'saved', flat } end
        if row and not readable(row, ARGV[3]) then return { 'unreadable', flat } end
        if (row and row.version or '{{RowFields.NoVersion}}') ~= ARGV[6] then return { 'conflict', flat } end
        -- If the clock is not ahead of the version, adds a random step: a Redis that went back to an older state must not give another row the version of a lost one.
        local version = now
        if row and tonumber(row.version) >= now then version = tonumber(row.version) + 1 + tonumber(ARGV[7]) end
        local changes = given(8)
        for _, field in ipairs({ {{string.Join(", ", RowFields.ClearedBySave.Select(static name => $"'{name}'"))}} }) do changes[field] = changes[field] or false end
        for field in pairs(row or {}) do
          if string.sub(field, 1, {{RowFields.CapturedPrefix.Length}}) == '{{RowFields.CapturedPrefix}}' then changes[field] = changes[field] or false end
        end
        changes.format, changes.version, changes.write_id = '{{RowFields.FormatVersion}}', whole(version), ARGV[5]
        if not row then changes.created_at = whole(now) end
        row, flat = write(KEYS[7], ARGV[3], row, changes)
        publish(ARGV[4], version)
        return { 'saved', flat }
        """;

    /// <summary>Arguments: provider, channel, name, fingerprint.</summary>
    public static readonly string Delete = CommonScript.Text + """
        local row, flat = read(KEYS[7])
        forget(ARGV[3], row)
        if redis.call('DEL', KEYS[7]) == 0 then return { 'none' } end
        publish(ARGV[4], (tonumber(row.version) or 0) + 1)
        return { 'deleted', flat }
        """;

    /// <summary>
    /// Arguments: provider, channel, attempt, limit. Returns the names that are due with their times, and the names that the attempt has
    /// leased already.
    /// </summary>
    public static readonly string Peek = CommonScript.Text + """
        return {
          redis.call('ZRANGEBYSCORE', due, '-inf', whole(now), 'WITHSCORES', 'LIMIT', 0, ARGV[4]),
          redis.call('ZRANGEBYLEX', leases, '[' .. ARGV[3] .. '\n', '(' .. ARGV[3] .. '\011', 'LIMIT', 0, ARGV[4]) }
        """;

    /// <summary>
    /// Arguments: provider, channel, attempt, duration of the lease, the names of the rows. Returns the rows that were acquired.
    /// </summary>
    public static readonly string Claim = CommonScript.Text + $$"""
        local acquired = {}
        for i = 7, #KEYS do
          local name = ARGV[i - 2]
          local row, flat = read(KEYS[i])
          if not row then
            forget(name)
          elseif not readable(row, name) then
            -- It keeps no place from rows that can be read. The row itself is left unchanged.
            redis.pcall('ZADD', due, whole(now + {{RowFields.UnreadablePauseMicroseconds}}), name)
          elseif (row.lease_owner ~= ARGV[3] and leased(row)) or not row.next_refresh_at or tonumber(row.next_refresh_at) > now then
            index(name, row)
          else
            row, flat = take(KEYS[i], name, row, ARGV[3], ARGV[4])
            acquired[#acquired + 1] = flat
          end
        end
        return acquired
        """;

    /// <summary>
    /// Arguments: provider, channel, name. Writes the index entries of a row again. Returns whether one was missing that a search depends
    /// on.
    /// </summary>
    public static readonly string Repair = CommonScript.Text + """
        local row = read(KEYS[7])
        if not row or not readable(row, ARGV[3]) then return { 'done' } end
        local is_complete = redis.call('ZSCORE', names, ARGV[3]) and (not row.next_refresh_at or redis.call('ZSCORE', due, ARGV[3]))
        index(ARGV[3], row)
        return { is_complete and 'done' or 'repaired' }
        """;
}
