// A real OpenID provider for the integration tests. It prints one JSON line when it is ready and ends when its standard input does,
// so that a killed test run leaves no server behind.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const env = (name, otherwise) => process.env[`OIDC_${name}`] ?? otherwise;
const mark = env('TOKEN_MARK', '');
const secret = env('CLIENT_SECRET', 'a-client-secret-of-the-tests');
const accessTokenSeconds = Number(env('ACCESS_TOKEN_SECONDS', '3600'));
const redirectUris = env('REDIRECT_URIS', 'http://127.0.0.1/callback').split(' ');

const toStandardError = (...words) => process.stderr.write(`${words.join(' ')}\n`);
console.info = console.warn = console.log = toStandardError;

const userClient = (id, authentication) => ({
  client_id: id,
  ...(authentication === 'none' ? {} : { client_secret: secret }),
  token_endpoint_auth_method: authentication,
  // A native client's loopback redirect may use any port (RFC 8252 section 7.3): the apps under test listen on dynamic ones.
  application_type: 'native',
  redirect_uris: redirectUris,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
});

const configuration = {
  clients: [
    userClient('web-basic', 'client_secret_basic'),
    userClient('web-post', 'client_secret_post'),
    userClient('public', 'none'),
    {
      client_id: 'machine',
      client_secret: secret,
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
      scope: 'api:read',
    },
  ],
  scopes: ['openid', 'offline_access', 'api:read', 'api:write'],
  pkce: { required: () => true },
  // By default the provider rotates only when a refresh token is old.
  rotateRefreshToken: () => true,
  issueRefreshToken: async (_ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  findAccount: async (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
  ttl: {
    AccessToken: accessTokenSeconds,
    ClientCredentials: accessTokenSeconds,
    AuthorizationCode: 60,
    RefreshToken: 14 * 24 * 3600,
    Grant: 14 * 24 * 3600,
    IdToken: 3600,
    Interaction: 3600,
    Session: 3600,
  },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
  },
};

const server = createServer();
await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, configuration);

// The value of an opaque token is its id: marking the id makes every token and code recognizable wherever the tests find it.
for (const model of ['AccessToken', 'RefreshToken', 'AuthorizationCode', 'ClientCredentials']) {
  const { prototype } = provider[model];
  const make = prototype.generateTokenId;
  prototype.generateTokenId = function marked() {
    return mark + make.call(this);
  };
}

provider.use(async (ctx, next) => {
  if (ctx.path !== '/resource') return next();

  const [, presented] = /^Bearer (.+)$/.exec(ctx.get('authorization')) ?? [];
  const token = presented && (await provider.AccessToken.find(presented) ?? await provider.ClientCredentials.find(presented));
  if (!token) {
    ctx.status = 401;
    ctx.set('WWW-Authenticate', 'Bearer error="invalid_token"');
    return undefined;
  }

  ctx.body = {
    sub: token.accountId ?? null,
    client: token.clientId,
    scope: token.scope ?? '',
    // The real id of an opaque token is the token: its hash tells tokens apart as well and may be printed.
    jti: createHash('sha256').update(token.jti).digest('hex').slice(0, 32),
  };
  return undefined;
});

provider.on('server_error', (_ctx, error) => toStandardError(error.stack));
server.on('request', provider.callback());
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();

process.stdout.write(`${JSON.stringify({ issuer })}\n`);
