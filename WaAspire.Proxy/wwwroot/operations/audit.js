// Who did what, the newest first. Read when the page opens and after each deed.
import { $, el, keyed, say, write } from './dom.js';
import { get } from './api.js';
import { since } from './times.js';

const SHOWN = 20;

export async function showAudit() {
  const { entries } = await get(`/ops/audit?limit=${SHOWN}`);
  keyed($('audit'), entries, (entry) => entry.id, (first) => {
    const [what, who, when, told] = [say('strong', first.what), say('span', '', { class: 'soft' }), say('span', '', { class: 'soft' }), say('p', '', { class: 'soft' })];
    return {
      element: el('li', { 'data-testid': 'audit-entry' }, el('div', { class: 'head' }, what, who, when), told),
      update(entry) {
        write(who, entry.whoEmail ?? entry.who ?? '');
        since(when, entry.at);
        write(told, [entry.target, change(entry), entry.status ? `answered ${entry.status}` : 'its end was not seen'].filter(Boolean).join(' · '));
      },
    };
  });
}

const change = ({ before, after }) => (before?.status && after?.status && before.status !== after.status ? `${before.status} → ${after.status}` : '');
