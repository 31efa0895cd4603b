using System.Globalization;
using TokenLifecycle.Testing;

namespace TokenLifecycle.Chaos.Faults;

/// <summary>
/// Finds out why a grant was lost, from the server's log, the workers' diaries and what the run has done to them; never from the library's word. What is allowed stands in law 2:
/// (a) the answer reached no process, (b) every process that held it died before it was saved, (c) such a process stood still for longer than lease and watch, (d) the store went back.
/// </summary>
internal sealed class Judge
{
    /// <summary>What a process that goes on needs to be seen to have saved.</summary>
    private static readonly TimeSpan _margin = TimeSpan.FromSeconds(1);

    /// <summary>The shortest pause after a refusal that is not yet believed (docs/adr/0022), less what clocks may differ by.</summary>
    private static readonly TimeSpan _pauseAfterRefusal = TimeSpan.FromSeconds(9.5);

    private readonly History _history;
    private readonly FaultTimes _times;
    private readonly Dictionary<string, Life> _lives;
    private readonly Dictionary<string, IReadOnlyList<DiaryLine>> _diaries;
    private readonly ILookup<string?, TokenRequestEntry> _requests;
    private readonly Dictionary<string, TokenPlace> _places = new(StringComparer.Ordinal);
    private readonly ILookup<string, (Life Life, DiaryLine Line)> _byToken;
    private readonly ILookup<string, (Life Life, DiaryLine Line)> _byUser;
    private readonly Dictionary<string, int> _grantOrder = new(StringComparer.Ordinal);

    public Judge(IReadOnlyList<Life> lives, History history, ServerLog log, FaultTimes times)
    {
        (_history, _times) = (history, times);
        _lives = lives.ToDictionary(static life => life.Name, StringComparer.Ordinal);
        _diaries = lives.ToDictionary(static life => life.Name, static life => Diary.ReadAll(life.Settings.Diary), StringComparer.Ordinal);
        _requests = log.RefreshRequests.Where(static request => request.RefreshTokenFingerprint is not null).ToLookup(static request => request.RefreshTokenFingerprint);
        (Life Life, DiaryLine Line)[] lines = [.. lives.SelectMany(life => _diaries[life.Name].Select(line => (life, line)))];
        _byToken = lines.ToLookup(static entry => entry.Line.Token, StringComparer.Ordinal);
        _byUser = lines.ToLookup(static entry => entry.Line.User, StringComparer.Ordinal);
        Place(lines);
    }

    public List<string> Losses { get; } = [];

    public List<string> Violations { get; } = [];

    public SortedDictionary<char, int> Lost { get; } = new() { ['a'] = 0, ['b'] = 0, ['c'] = 0, ['d'] = 0 };

    /// <summary>How many of those for which the store went back another live process remembered the newer row; the one that sent did not.</summary>
    public int LostBesideMemory { get; private set; }

    public int False { get; private set; }

    public int Mislabelled { get; private set; }

    public int SentMoreThanAllowed { get; private set; }

    /// <summary>How many rows could not be saved when they came, and were saved later by the same process.</summary>
    public int SavedLater { get; private set; }

    /// <summary>How many rows outlived their process in its local folder.</summary>
    public int SavedBySuccessor { get; private set; }

    /// <summary>How many rows were stored again that the store had lost.</summary>
    public int Restored { get; private set; }

    public void Run()
    {
        foreach (TokenRequestEntry revoked in _requests.SelectMany(static requests => requests).Where(static request => request.RevokedFamily).OrderBy(static request => request.Time))
            JudgeLoss(revoked);
        foreach (Reconnect reconnect in _history.Reconnects)
            JudgeReconnect(reconnect);
        foreach (IGrouping<string?, TokenRequestEntry> requests in _requests)
            JudgePresentations(requests.Key!, [.. requests]);
        foreach ((string name, IReadOnlyList<DiaryLine> diary) in _diaries)
            JudgeDiary(_lives[name], diary);
    }

    /// <summary>Which grant a token belongs to, and how many were before it there.</summary>
    private void Place(IReadOnlyList<(Life Life, DiaryLine Line)> lines)
    {
        int order = 0;
        foreach (Connect connect in _history.Connects)
        {
            _grantOrder[connect.Token] = order++;
            _places[connect.Token] = new TokenPlace(connect.User, connect.Token, 0);
        }

        // A row names the token that it has replaced; so the chain is known from its first token on, whatever became of it.
        Dictionary<string, string> replaced = [];
        foreach ((_, DiaryLine line) in lines.Where(static entry => entry.Line is { What: Diary.Received or Diary.Read or Diary.Saved, Replaced: not "-" }))
            replaced.TryAdd(line.Token, line.Replaced);
        foreach (string token in replaced.Keys)
            PlaceOf(token);

        TokenPlace? PlaceOf(string token)
        {
            if (_places.TryGetValue(token, out TokenPlace? known))
                return known;
            if (!replaced.TryGetValue(token, out string? before) || PlaceOf(before) is not { } place)
                return null;
            return _places[token] = place with { Generation = place.Generation + 1 };
        }
    }

    /// <summary>Whether one token of a user is newer than another.</summary>
    private bool IsNewer(string token, string than)
    {
        if (!_places.TryGetValue(token, out TokenPlace? one) || !_places.TryGetValue(than, out TokenPlace? other) || one.User != other.User)
            return false;
        int order = _grantOrder[one.Grant].CompareTo(_grantOrder[other.Grant]);
        return order > 0 || (order == 0 && one.Generation > other.Generation);
    }

    private Life? SenderOf(string token, TokenRequestEntry request)
    {
        int at = _requests[token].ToList().IndexOf(request);
        return _history.Senders.TryGetValue(token, out var senders) && _lives.TryGetValue(senders.ElementAtOrDefault(at) ?? "", out Life? life) ? life : null;
    }

    /// <summary>A spent refresh token was sent to the server, and the grant ended. Why was it sent?</summary>
    private void JudgeLoss(TokenRequestEntry sent)
    {
        string token = sent.RefreshTokenFingerprint!;
        TokenRequestEntry rotation = _requests[token].First(static request => request.Outcome == TokenRequestOutcome.Issued);
        Life? first = SenderOf(token, rotation);
        Life? sender = SenderOf(token, sent);
        (char cause, string why, Injected? fault) = CauseOf(token, rotation, sent, first, sender);
        if (!_places.ContainsKey(token))
            (cause, why) = ('-', "a token that nobody has written down was sent");
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{sent.User} {sent.Family}#{rotation.Generation}: rotated {rotation.Time:HH:mm:ss.fff} for {first}, sent again {sent.Time:HH:mm:ss.fff} by {sender}: {why}");
        if (cause == '-')
        {
            Violations.Add($"lost, unexplained: {line}; at that time {_history.Faults.LastOrDefault(injected => injected.At <= sent.Time)}");
            return;
        }

        Lost[cause]++;
        fault ??= _history.Faults.LastOrDefault(injected => injected.At <= rotation.Time);
        if (fault is not null)
            fault.Lost[cause] = fault.Lost.GetValueOrDefault(cause) + 1;
        Losses.Add($"({cause}) {line}; {fault}");

        Reconnect? told = _history.Reconnects.FirstOrDefault(reconnect => reconnect.User == sent.User && reconnect.At >= sent.Time);
        bool isTraceLost = cause == 'd' || _history.Promotions.Any(promotion => promotion.OpenAt >= rotation.Time && promotion.FailedAt <= (told?.At ?? sent.Time));
        if (told is not null && told.Reason != Reconnect.ByUser && !isTraceLost && told.Reason != nameof(ReauthorizationReason.LostRotation))
        {
            Mislabelled++;
            Violations.Add($"told as {told.Reason} by {told.Life}, although it was lost by ({cause}): {line}");
        }
    }

    private (char Cause, string Why, Injected? Fault) CauseOf(string token, TokenRequestEntry rotation, TokenRequestEntry sent, Life? first, Life? sender)
    {
        // The store held what came of the rotation, or something newer still, when the sender looked for the last time.
        DateTimeOffset looked = sender is null ? sent.Time : _byToken[token].Where(entry => entry.Life == sender && entry.Line.What == Diary.Leased && entry.Line.Begun <= sent.Time)
            .Select(static entry => entry.Line.Begun).DefaultIfEmpty(sent.Time).Max();
        (Life Life, DiaryLine Line)[] stored = [.. _byUser[PlaceUser(token)]
            .Where(entry => entry.Line.What is Diary.Saved or Diary.Read && entry.Line.At <= looked && IsNewer(entry.Line.Token, token))];
        if (stored.Length > 0)
        {
            DiaryLine last = stored.MaxBy(static entry => entry.Line.Begun).Line;
            if (PromotionThatLost(last.Begun, sent.Time, token) is not { } promotion)
                return ('-', $"although the store held a newer one, {last.What} {last.At:HH:mm:ss.fff}", null);
            if (Remembers(sender, token, sent.Time))
                return ('-', $"although it remembered a newer one when the store went back by {promotion.Fault}", null);
            if (_lives.Values.Any(life => life != sender && life.IsAlive(sent.Time) && Remembers(life, token, sent.Time)))
                LostBesideMemory++;
            return ('d', $"the store went back, and {sender} did not remember the newer one", promotion.Fault);
        }

        HashSet<Life> holders = [.. _byToken[token].Where(entry => entry.Line.What == Diary.Answered && entry.Line.At <= sent.Time).Select(static entry => entry.Life)];
        holders.UnionWith(_byUser[PlaceUser(token)]
            .Where(entry => entry.Line.What == Diary.Received && entry.Line.Replaced == token && IsNextOf(entry.Line.Token, token) && entry.Line.At <= sent.Time).Select(static entry => entry.Life));
        bool wasReached = holders.Count > 0;
        bool gaveUp = first is not null && _byToken[token].Any(entry => entry.Life == first && entry.Line.What == Diary.GaveUp && entry.Line.At <= sent.Time);
        if (first is not null && !gaveUp)
            holders.Add(first);

        // The store may have forgotten, too, that the refresh token was about to be sent: then nobody knows that there is something to wait for.
        DateTimeOffset leased = LeasedAt(first, token, rotation.Time);
        if (PromotionThatLost(leased, sent.Time, token) is { } forgot && (!forgot.Rows[PlaceUser(token)].HasIntent || forgot.Rows[PlaceUser(token)].Token != token))
        {
            if (holders.Any(holder => holder.IsAlive(sent.Time)))
                LostBesideMemory++;
            return ('d', $"the store went back to before {first} had begun", forgot.Fault);
        }

        Freeze? longest = null;
        foreach (Life holder in holders.Where(holder => holder.IsAlive(sent.Time)))
        {
            longest = LongFreezeOf(holder, token, sent.Time);
            if (longest is null)
                return ('-', $"although {holder} lives and {(wasReached ? "had received the answer" : "still waits for it")}", null);
        }

        if (longest is not null)
            return ('c', "the process that held the answer stood still for longer than lease and watch", longest.Fault);
        if (wasReached)
        {
            Life holder = holders.First();
            if (holder is { ToldToStopAt: { } told, HasSpill: false, EndedInOrder: true } && holder.DiedAt < told + _times.Shutdown - _margin)
                return ('-', $"although {holder} had not used its time to save it", null);
            return holder is { EndedInOrder: true, HasSpill: true } && SuccessorOf(holder) is { } successor && StartOf(successor) is { } up && up < sent.Time - _margin
                ? ('-', $"although {holder} had its time to keep it locally, and {successor} was up", null)
                : ('b', $"{holder} had received the answer and died before it was saved", holder.EndedBy);
        }

        if (first is null || !first.IsAlive(sent.Time))
            return ('a', $"{first} died before the answer came", first?.EndedBy);

        // It lives and no longer waits. Had the answer been there?
        DateTimeOffset answeredAt = _history.Holds.Where(hold => hold.From <= rotation.Time && hold.To >= rotation.Time && (hold.Worker is null || hold.Worker == first.Name))
            .Select(static hold => hold.To).Append(rotation.Time).Max();
        DateTimeOffset gaveUpAt = _byToken[token].First(entry => entry.Life == first && entry.Line.What == Diary.GaveUp).Line.At;
        return answeredAt + TimeSpan.FromMilliseconds(250) < gaveUpAt
            ? ('-', $"although the answer was made {(gaveUpAt - answeredAt).TotalMilliseconds:0} ms before {first} gave up waiting", null)
            : ('a', $"{first} had given up waiting when the server answered", null);
    }

    private string PlaceUser(string token) => _places.TryGetValue(token, out TokenPlace? place) ? place.User : "";

    private bool IsNextOf(string next, string token) =>
        _places.TryGetValue(next, out TokenPlace? one) && _places.TryGetValue(token, out TokenPlace? other) && one.Grant == other.Grant && one.Generation == other.Generation + 1;

    /// <summary>The latest promotion of a standby that did not have what the store had held.</summary>
    private Promotion? PromotionThatLost(DateTimeOffset heldAt, DateTimeOffset until, string token) => _history.Promotions.LastOrDefault(promotion =>
        promotion.FailedAt >= heldAt && promotion.OpenAt <= until && promotion.Rows.TryGetValue(PlaceUser(token), out StandbyRow? held) && (held.Token == token || IsNewer(token, held.Token)));

    private bool Remembers(Life? life, string token, DateTimeOffset until) => life is not null
        && _diaries[life.Name].Any(line => line.At < until && line.What is Diary.Received or Diary.Saved or Diary.Read && IsNewer(line.Token, token));

    /// <summary>A time in which the holder of a lease stood still, so long that another one could take over, watch, and see nothing.</summary>
    private Freeze? LongFreezeOf(Life holder, string token, DateTimeOffset until)
    {
        DateTimeOffset leased = LeasedAt(holder, token, until);
        return holder.Freezes.FirstOrDefault(freeze => freeze.From < until && freeze.To - freeze.From >= _times.Lease && freeze.To >= leased + _times.LeaseAndWatch - _margin);
    }

    private DateTimeOffset LeasedAt(Life? life, string token, DateTimeOffset otherwise) =>
        _byToken[token].Where(entry => entry.Life == life && entry.Line.What == Diary.Leased).Select(static entry => entry.Line.Begun).DefaultIfEmpty(otherwise).Min();

    private Life? SuccessorOf(Life life) => _lives.Values.Where(other => other.Slot == life.Slot && other.StartedAt > life.StartedAt).MinBy(static other => other.StartedAt);

    private DateTimeOffset? StartOf(Life life) => _diaries[life.Name].FirstOrDefault(static line => line.What == Diary.Started)?.At;

    /// <summary>A user was asked to connect again: is a grant dead that a row held while it was asked?</summary>
    private void JudgeReconnect(Reconnect reconnect)
    {
        Connect[] connects = [.. _history.Connects.Where(connect => connect.User == reconnect.User && connect.Begun <= reconnect.At)];
        int current = Array.FindLastIndex(connects, connect => connect.SavedAt < reconnect.AskedAt);
        bool isDead = false;
        for (int i = 0; i < connects.Length; i++)
        {
            bool wentBack = i < current && _history.Promotions.Any(promotion =>
                promotion.FailedAt >= connects[i + 1].Begun && promotion.OpenAt <= reconnect.At && promotion.Rows.TryGetValue(reconnect.User, out StandbyRow? held)
                && _places.TryGetValue(held.Token, out TokenPlace? place) && place.Grant == connects[i].Token);
            if (i >= current || wentBack)
                isDead |= IsRevoked(connects[i].Token, reconnect.At);
        }

        if (isDead)
            return;
        False++;
        Violations.Add(string.Create(
            CultureInfo.InvariantCulture, $"false: {reconnect.User} was asked to connect again by {reconnect.Life} at {reconnect.At:HH:mm:ss.fff} ({reconnect.Reason}), although its grant lives"));
    }

    private bool IsRevoked(string grant, DateTimeOffset until) =>
        _places.Where(place => place.Value.Grant == grant).Any(place => _requests[place.Key].Any(request => request.RevokedFamily && request.Time <= until));

    /// <summary>
    /// Twice, the second time after an outcome that is unknown (docs/adr/0004); once more for each time that the store went back and forgot that it was sent. What was refused by name is
    /// asked for again with pauses, until it is known whose fault the refusal is (docs/adr/0022): the grant has ended by then. The first pause ends earlier if the request that was not answered surely is over.
    /// </summary>
    private void JudgePresentations(string token, TokenRequestEntry[] requests)
    {
        int promotions = _history.Promotions.Count(promotion => promotion.FailedAt >= requests[0].Time && promotion.OpenAt <= requests[^1].Time);
        int refused = Array.FindIndex(requests, static request => request.Outcome is TokenRequestOutcome.ReuseDetected or TokenRequestOutcome.Rejected);
        int beforeRefusal = refused < 0 ? requests.Length : refused + 1;
        int hasty = refused < 0 ? 0 : requests.Skip(refused).Zip(requests.Skip(refused + 1)).Count(static pair => pair.Second.Time - pair.First.Time < _pauseAfterRefusal);
        if (beforeRefusal <= 2 + promotions && hasty <= 1 + promotions)
            return;
        SentMoreThanAllowed++;
        Violations.Add($"{requests[0].User}: a refresh token was sent {requests.Length} times: "
            + string.Join(", ", requests.Select(request => string.Create(CultureInfo.InvariantCulture, $"{request.Time:HH:mm:ss.fff} {SenderOf(token, request)} {request.Outcome}"))));
    }

    private void JudgeDiary(Life life, IReadOnlyList<DiaryLine> diary)
    {
        Dictionary<string, DiaryLine> newest = [];
        HashSet<string> unsaved = [];
        HashSet<string> saved = [];
        foreach (DiaryLine line in diary)
        {
            if (line.What == Diary.Saved && (!saved.Add(line.Token) || _byToken[line.Token].Any(other => other.Life != life && other.Line.What == Diary.Saved && other.Line.At < line.At)))
                Restored++;
            if (line.What == Diary.NotSaved)
                unsaved.Add(line.Token);
            else if (line.What == Diary.Saved && unsaved.Remove(line.Token))
                SavedLater++;
            else if (line.What == Diary.Saved && !diary.Any(other => other.What == Diary.Answered && other.Token == line.Replaced) && IsOfPredecessor(life, line))
                SavedBySuccessor++;
            if (line.What is Diary.Received or Diary.Saved or Diary.Read && (!newest.TryGetValue(line.User, out DiaryLine? known) || IsNewer(line.Token, known.Token)))
                newest[line.User] = line;
            if (line.What == Diary.Sent && _places.TryGetValue(line.Token, out TokenPlace? place) && newest.TryGetValue(place.User, out DiaryLine? newer) && IsNewer(newer.Token, line.Token))
            {
                Violations.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{life} sent a refresh token of {place.User} at {line.At:HH:mm:ss.fff}, although it had {newer.What} a newer one at {newer.At:HH:mm:ss.fff}"));
            }
        }
    }

    private bool IsOfPredecessor(Life life, DiaryLine saved) =>
        _lives.Values.Where(other => other.Slot == life.Slot && other.StartedAt < life.StartedAt).MaxBy(static other => other.StartedAt) is { HasSpill: true } before
        && _diaries[before.Name].Any(line => line.What == Diary.Received && line.Token == saved.Token) && !_diaries[before.Name].Any(line => line.What == Diary.Saved && line.Token == saved.Token);

    private sealed record TokenPlace(string User, string Grant, int Generation);
}
