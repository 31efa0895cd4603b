using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using TokenLifecycle.TestKit;

namespace TokenLifecycle.Tests.DependencyInjection;

/// <summary>Settings of one kind that can be reloaded: with a mistake, so that to make them fails in one of the ways in which it can, or without.</summary>
internal sealed class BadSettings<TOptions>(string name, string way) : IConfigureNamedOptions<TOptions>, IPostConfigureOptions<TOptions>, IValidateOptions<TOptions>, IOptionsChangeTokenSource<TOptions>
    where TOptions : class
{
    private CancellationTokenSource _reloaded = new();

    /// <summary>What a failure must not put into a log.</summary>
    public string Secret { get; } = Canary.New("setting");

    public string Name => name;

    public bool IsBad { get; set; }

    /// <summary>How often the settings were made.</summary>
    public int Made { get; private set; }

    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton<IConfigureOptions<TOptions>>(this);
        services.AddSingleton<IPostConfigureOptions<TOptions>>(this);
        services.AddSingleton<IValidateOptions<TOptions>>(this);
        services.AddSingleton<IOptionsChangeTokenSource<TOptions>>(this);
    }

    public void Reload(bool isBad)
    {
        IsBad = isBad;
        CancellationTokenSource before = _reloaded;
        _reloaded = new CancellationTokenSource();
        before.Cancel();
    }

    public IChangeToken GetChangeToken() => new CancellationChangeToken(_reloaded.Token);

    public void Configure(TOptions options) => Configure(Microsoft.Extensions.Options.Options.DefaultName, options);

    public void Configure(string? made, TOptions options)
    {
        if (made != name)
            return;
        Made++;
        Fail("configure");
    }

    public void PostConfigure(string? made, TOptions options)
    {
        if (made == name)
            Fail("configure afterwards");
    }

    public ValidateOptionsResult Validate(string? made, TOptions options)
    {
        if (made != name)
            return ValidateOptionsResult.Skip;
        Fail("validate");
        return IsBad && way == "refuse" ? ValidateOptionsResult.Fail("It is refused.") : ValidateOptionsResult.Success;
    }

    private void Fail(string here)
    {
        if (IsBad && here == way)
            throw new FormatException($"'{Secret}' is not a valid value.");
    }
}
