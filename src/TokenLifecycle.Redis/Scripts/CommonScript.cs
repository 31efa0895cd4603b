using TokenLifecycle.Storage;

namespace TokenLifecycle.Redis.Scripts;

/// <summary>
/// The Lua functions with which each script of <see cref="RowScripts"/> begins: they read a row, check whether it can be read and whether
/// it is leased, and write it with its index entries. An error in an index must not lose a row, so the index entries are written last and
/// without raising errors; <see cref="RedisIndexRepair"/> adds missing entries later.
/// </summary>
internal static class CommonScript
{
    public static readonly string Text = $$"""
        local due, names, states, accounts, leases, providers = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
        local provider, channel = ARGV[1], ARGV[2]
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local reasons = { {{string.Join(", ", Enum.GetNames<ReauthorizationReason>().Select(static name => $"{name} = true"))}} }
        local numbers = { {{string.Join(", ", RowFields.Numbers.Select(static name => $"'{name}'"))}} }

        local function whole(number) return string.format('%.0f', number) end

        local function read(key)
          local flat = redis.pcall('HGETALL', key)
          if flat.err then return {}, {} end
          local row = {}
          for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
          return #flat > 0 and row or nil, flat
        end

        -- Whether this version of the library can read the row, and it is the row of that name.
        local function readable(row, name)
          if row.format ~= '{{RowFields.FormatVersion}}' or not row.access_token or not row.version then return false end
          if row.provider ~= provider or (row.user_id or '') .. '\n' .. (row.connection or '') .. '\n' .. (row.tenant or '') ~= name then return false end
          if row.reauthorization and not reasons[row.reauthorization] then return false end
          for _, field in ipairs(numbers) do
            if row[field] and not string.match(row[field], '^%-?%d+$') then return false end
          end
          return true
        end

        local function leased(row)
          if not row.lease_owner then return false end
          -- Counted in both directions: if the clock is set back by more than the lease is long, the lease must not last until the clock has caught up.
          return math.abs(now - (tonumber(row.lease_taken_at) or 0)) < (tonumber(row.lease_duration) or 0)
        end

        -- When a background refresh should look at the row: a leased row not before its lease expires.
        local function due_at(row)
          local at = tonumber(row.next_refresh_at)
          if at and leased(row) then at = math.max(at, tonumber(row.lease_taken_at) + tonumber(row.lease_duration)) end
          return at
        end

        local function state(row)
          return row.reauthorization and {{(int)StoredConnectionState.ReauthorizationRequired}} or row.failure_kind and {{(int)StoredConnectionState.Failing}} or {{(int)StoredConnectionState.Connected}}
        end

        local function forget(name, row)
          for _, index in ipairs({ due, names, states }) do redis.pcall('ZREM', index, name) end
          if row and row.account_key then redis.pcall('ZREM', accounts, row.account_key .. '\n' .. name) end
          if row and row.lease_owner then redis.pcall('ZREM', leases, row.lease_owner .. '\n' .. name) end
        end

        local function index(name, row, before)
          if before and before.account_key and before.account_key ~= row.account_key then redis.pcall('ZREM', accounts, before.account_key .. '\n' .. name) end
          if before and before.lease_owner and before.lease_owner ~= row.lease_owner then redis.pcall('ZREM', leases, before.lease_owner .. '\n' .. name) end
          redis.pcall('SADD', providers, provider)
          redis.pcall('ZADD', names, 0, name)
          redis.pcall('ZADD', states, state(row), name)
          if row.account_key then redis.pcall('ZADD', accounts, 0, row.account_key .. '\n' .. name) end
          if row.lease_owner then redis.pcall('ZADD', leases, 0, row.lease_owner .. '\n' .. name) end
          local at = due_at(row)
          if at then redis.pcall('ZADD', due, whole(at), name) else redis.pcall('ZREM', due, name) end
        end

        local function publish(fingerprint, before)
          if channel ~= '' then redis.pcall('PUBLISH', channel, fingerprint .. ' ' .. whole(before)) end
        end

        -- Field and value by turns, from an argument on.
        local function given(from)
          local values = {}
          for i = from, #ARGV, 2 do values[ARGV[i]] = ARGV[i + 1] end
          return values
        end

        -- Writes fields; those that are false are removed. Returns the row as it then is.
        local function write(key, name, row, changes)
          local set, removed = {}, {}
          for field, value in pairs(changes) do
            if value then
              set[#set + 1] = field
              set[#set + 1] = value
            elseif row and row[field] then
              removed[#removed + 1] = field
            end
          end
          redis.call('HSET', key, 'updated_at', whole(now), unpack(set))
          if #removed > 0 then redis.call('HDEL', key, unpack(removed)) end
          local after, flat = read(key)
          index(name, after, row)
          return after, flat
        end

        local function take(key, name, row, attempt, duration)
          local changes = { lease_owner = attempt, lease_taken_at = whole(now), lease_duration = duration }
          if row.lease_owner ~= attempt then
            changes.intent_attempt_id = row.intent_attempt_id or attempt
            changes.intent_first_at = row.intent_first_at or whole(now)
            changes.intent_last_at = whole(now)
            changes.intent_presentations = whole((tonumber(row.intent_presentations) or 0) + 1)
          end
          return write(key, name, row, changes)
        end

        """;
}
