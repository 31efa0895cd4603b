using TokenLifecycle.Contracts;
using TokenLifecycle.Storage;
using Xunit.Sdk;

namespace TokenLifecycle.Tests.Storage;

/// <summary>The contract is worth something only if a faulty store fails it.</summary>
public sealed class TokenStoreContractTests
{
    [Fact]
    public async Task B7_a_store_that_cuts_a_value_fails_the_contract()
    {
        Func<Task> run = new ContractOf(Cut).B7_DB_2_tokens_of_32_KiB_come_back_byte_for_byte;

        await run.Should().ThrowAsync<XunitException>();

        static TokenSet Cut(TokenSet tokens) => new() { AccessToken = tokens.AccessToken, RefreshToken = tokens.RefreshToken![..4000] };
    }

    [Fact]
    public async Task B7_a_store_that_trims_a_value_fails_the_contract()
    {
        Func<Task> run = () => new ContractOf(Trim).B7_odd_characters_in_values_come_back_as_they_were("trailing ");

        await run.Should().ThrowAsync<XunitException>();

        static TokenSet Trim(TokenSet tokens) =>
            new() { AccessToken = tokens.AccessToken.TrimEnd(), RefreshToken = tokens.RefreshToken, Scopes = tokens.Scopes, AccountId = tokens.AccountId, ClientId = tokens.ClientId, Captured = tokens.Captured };
    }

    [Fact]
    public async Task B7_a_store_that_alters_nothing_passes()
    {
        await new ContractOf(static tokens => tokens).B7_DB_2_tokens_of_32_KiB_come_back_byte_for_byte();
    }

    private sealed class ContractOf(Func<TokenSet, TokenSet> alter) : TokenStoreContract
    {
        protected override Task<ITokenStore> CreateStoreAsync(TimeProvider clock) =>
            Task.FromResult<ITokenStore>(new AlteringStore(new InMemoryTokenStore(clock), alter));
    }

    private sealed class AlteringStore(InMemoryTokenStore inner, Func<TokenSet, TokenSet> alter) : ITokenStore
    {
        public Task<StoredToken?> FindAsync(TokenKey key, CancellationToken cancellationToken) => inner.FindAsync(key, cancellationToken);

        public Task<RefreshClaim> BeginRefreshAsync(TokenKey key, string attemptId, TimeSpan leaseDuration, CancellationToken cancellationToken) =>
            inner.BeginRefreshAsync(key, attemptId, leaseDuration, cancellationToken);

        public Task<bool> CompleteRefreshAsync(TokenKey key, string attemptId, long version, RefreshCompletion ending, CancellationToken cancellationToken) =>
            inner.CompleteRefreshAsync(key, attemptId, version, ending, cancellationToken);

        public Task<SaveResult> SaveAsync(StoredToken token, long expectedVersion, CancellationToken cancellationToken) =>
            inner.SaveAsync(new StoredToken { Key = token.Key, Tokens = alter(token.Tokens) }, expectedVersion, cancellationToken);

        public Task<DeleteResult> DeleteAsync(TokenKey key, CancellationToken cancellationToken) => inner.DeleteAsync(key, cancellationToken);
    }
}
