namespace TokenLifecycle.Importing;

/// <summary>A row that was not imported. Holds no token.</summary>
public sealed class ImportRefusal
{
    internal ImportRefusal(string source, ImportRefusalReason reason, string message)
    {
        Source = source;
        Reason = reason;
        Message = message;
    }

    /// <summary>The row: its <see cref="ImportRow.Source"/>, or its number in the input.</summary>
    public string Source { get; }

    /// <summary>Why.</summary>
    public ImportRefusalReason Reason { get; }

    /// <summary>What is wrong and what to do.</summary>
    public string Message { get; }

    /// <summary>Row, reason and message.</summary>
    public override string ToString() => $"{Source}: {Reason}: {Message}";
}
