namespace TokenLifecycle.Notifications;

/// <summary>Holds the events that wait for an observer, up to a limit. Not synchronized: its owner locks.</summary>
internal sealed class EventBuffer
{
    /// <summary>The maximum number of waiting events. Beyond it the oldest is dropped.</summary>
    public const int Capacity = 1000;

    private readonly LinkedList<EventDelivery> _waiting = [];

    public int Count => _waiting.Count;

    /// <summary>Gets how many events were dropped since the buffer was last empty.</summary>
    public long Dropped { get; private set; }

    /// <summary>Adds an event.</summary>
    /// <returns>The event that was dropped for it; null if none was.</returns>
    public EventDelivery? Add(EventDelivery delivery)
    {
        _waiting.AddLast(delivery);
        if (_waiting.Count <= Capacity)
            return null;

        Dropped++;
        return TakeOldest();
    }

    /// <summary>Takes the next event; null if none waits.</summary>
    public EventDelivery? TakeNext()
    {
        if (_waiting.First is not { } first)
            return null;
        _waiting.RemoveFirst();
        return first.Value;
    }

    public IReadOnlyList<EventDelivery> ToList() => [.. _waiting];

    public IReadOnlyList<EventDelivery> TakeAll()
    {
        EventDelivery[] all = [.. _waiting];
        _waiting.Clear();
        return all;
    }

    /// <returns>How many were dropped.</returns>
    public long TakeDropped()
    {
        long dropped = Dropped;
        Dropped = 0;
        return dropped;
    }

    /// <summary>Drops the oldest event that may be lost first. The others must be delivered.</summary>
    private EventDelivery TakeOldest()
    {
        LinkedListNode<EventDelivery> oldest = _waiting.First!;
        for (LinkedListNode<EventDelivery>? node = oldest; node is not null; node = node.Next)
        {
            if (!node.Value.MayBeLost)
                continue;
            oldest = node;
            break;
        }

        _waiting.Remove(oldest);
        return oldest.Value;
    }
}
