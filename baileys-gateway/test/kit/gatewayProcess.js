// A real gateway in a process of its own, as a worker starts it: with a pipe on its stdin and its settings in the
// environment. Everything that it writes is kept, so that a test can look for what must not be there.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { client } from './http.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const TEST_LEASE_MS = 100_000;

export class GatewayProcess {
  output = '';
  port = 0;
  /** @type {ReturnType<typeof client>} */ call = () => Promise.reject(new Error('not started'));

  /** @param {Record<string, string>} environment */
  constructor(environment) {
    this.environment = environment;
  }

  async start() {
    const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env.PATH, ...this.environment }, stdio: 'pipe' });
    this.child = child;
    this.exited = new Promise(resolve => child.once('exit', (code, signal) => resolve({ code, signal })));
    child.stderr.on('data', data => (this.output += data));
    await new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error(this.output)));
      child.stdout.on('data', data => {
        this.output += data;
        const [, port] = /"what":"listening","port":(\d+)/.exec(this.output) ?? [];
        if (port) {
          this.port = Number(port);
          resolve(undefined);
        }
      });
    });
    this.call = client(`http://127.0.0.1:${this.port}`, { 'x-gateway-token': this.environment.GATEWAY_TOKEN });
    return this;
  }

  async kill() {
    this.child?.kill('SIGKILL');
    await this.exited;
  }

  /** The worker was killed: its ends of all pipes are gone, and with them whoever would read the log. */
  async orphan() {
    this.child?.stdout.destroy();
    this.child?.stderr.destroy();
    return this.closePipe();
  }

  /** The worker is gone: its end of the pipe closes. */
  async closePipe() {
    this.child?.stdin.end();
    return this.exited;
  }

  /** @param {string} path @param {any} body with an account and an epoch; the deadline is added */
  async command(path, body) {
    return this.call('POST', path, { leaseDeadline: Date.now() + TEST_LEASE_MS, ...body });
  }
}
