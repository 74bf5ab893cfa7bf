// The way to the worker that owns this gateway: JSON over loopback with the shared token. Each call is one try; who
// calls decides whether to repeat it. Every call of ours may be repeated: the worker knows what it has already got.

/** The worker said no, and saying it again would not help. `code` is its word for why. */
export class WorkerRefusal extends Error {
  /** @param {number} status @param {string} code */
  constructor(status, code) {
    super(`The worker answered ${status} ${code}`);
    this.status = status;
    this.code = code;
  }
}

export class Worker {
  #url;
  #token;
  #timeoutMs;
  #retryCapMs;

  /** @param {{ workerUrl: string, token: string, options: import('./settings.js').Options }} settings */
  constructor({ workerUrl, token, options }) {
    this.#url = workerUrl;
    this.#token = token;
    this.#timeoutMs = options.workerTimeoutMs;
    this.#retryCapMs = options.workerRetryCapMs;
  }

  /**
   * @param {'GET' | 'POST'} method @param {string} path @param {any} [body] @returns {Promise<any>}
   * @throws {WorkerRefusal} for an answer below 500 other than 200; any other error for an outage
   */
  async call(method, path, body) {
    const response = await fetch(this.#url + path, {
      method,
      headers: { 'x-gateway-token': this.#token, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    const text = await response.text();
    if (response.status >= 500 || response.status === 429) {
      throw new Error(`The worker answered ${response.status}`);
    }
    const answer = parse(text);
    if (response.status !== 200) {
      throw new WorkerRefusal(response.status, `${answer?.error ?? 'unknown'}`.slice(0, 64));
    }
    return answer;
  }

  /**
   * Repeats a call through an outage. @param {() => Promise<any>} call @param {() => boolean} worthwhile asked before each repetition
   */
  async insist(call, worthwhile) {
    for (let tries = 0; ; tries++) {
      try {
        return await call();
      } catch (error) {
        if (error instanceof WorkerRefusal || !worthwhile()) {
          throw error;
        }
        await new Promise(resolve => setTimeout(resolve, Math.min(this.#retryCapMs, 100 * 2 ** tries) * (0.5 + Math.random() / 2)));
      }
    }
  }
}

function parse(text) {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return {};
  }
}
