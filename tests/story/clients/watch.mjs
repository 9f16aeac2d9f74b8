// A seller's screen in the shape that real clients have: subscribes to deadlineUpdates with graphql-ws or
// graphql-sse, lets the package reconnect by itself, and resumes from the last cursor it saw.
//
//   LANSHOU_TOKEN=… node watch.mjs ws|sse http://127.0.0.1:8000/graphql '{"shopIds": ["shp_…"]}'
//
// Prints one JSON object a line: {connected}, {message}, {errors}, {closed: {code, reason}}, {ended}.
// Reads from standard input: `cut` drops the connection and stays away, `resume` comes back.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

const PAUSE_MS = 250;
const TRIES = 80;

const [transport, url, variables = '{}'] = process.argv.slice(2);
const token = process.env.LANSHOU_TOKEN;
const authorization = token ? { authorization: `Bearer ${token}` } : {};
const query = readFileSync(new URL('deadlineUpdates.graphql', import.meta.url), 'utf8');
// Both packages send the operation anew from this very object after a lost connection.
const operation = { query, variables: JSON.parse(variables) };

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

let cut = () => {};
let away = null;
const untilResumed = () => away?.promise ?? sleep(PAUSE_MS);

function stayAway() {
  let resume;
  const promise = new Promise((resolve) => { resume = resolve; });
  away = { promise, resume };
}

function webSocketClient() {
  const client = createWebSocketClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: authorization,
    retryAttempts: token ? TRIES : 0,
    retryWait: untilResumed,
    // By default a refused connection, as while the server restarts, would be the end.
    shouldRetry: () => true,
    on: {
      connected: (_socket, _payload, again) => say({ connected: { again } }),
      closed: ({ code, reason }) => say({ closed: { code, reason: String(reason) } }),
    },
  });
  cut = () => client.terminate();
  return client;
}

function sseClient() {
  let connection = new AbortController();
  cut = () => connection.abort();
  return createSseClient({
    url,
    headers: authorization,
    retryAttempts: token ? TRIES : 0,
    retry: untilResumed,
    on: { connected: (again) => say({ connected: { again } }) },
    fetchFn: (where, how) => {
      connection = new AbortController();
      return fetch(where, { ...how, signal: AbortSignal.any([how.signal, connection.signal]) });
    },
  });
}

function shown(error) {
  if (Array.isArray(error)) return { errors: error };
  if (error?.response) return { refused: { status: error.response.status } };
  return error?.code ? { closed: { code: error.code, reason: String(error.reason) } } : { failed: error?.message ?? String(error) };
}

const client = transport === 'ws' ? webSocketClient() : sseClient();
client.subscribe(operation, {
  next(result) {
    if (result.errors) say({ errors: result.errors });
    if (!result.data) return;
    const message = result.data.deadlineUpdates;
    operation.variables.after = message.cursor;
    say({ message });
  },
  error(error) {
    say({ ...shown(error), ended: true });
    process.exit();
  },
  complete() {
    say({ ended: true });
    process.exit();
  },
});

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'cut') {
    stayAway();
    cut();
    say({ cut: true });
  } else if (line === 'resume') {
    away.resume();
    away = null;
  }
}).on('close', () => process.exit());
