// What WhatsApp holds against an account: it may begin no new conversations for a while, or only so many.

/** @param {{ isActive?: boolean, timeEnforcementEnds?: Date }} lock */
export function reachoutEvent({ isActive, timeEnforcementEnds }) {
  const active = isActive === true;
  const until = active ? timeEnforcementEnds?.getTime() : undefined;
  return { kind: 'restriction', name: 'reachout', active, until: until && Math.floor(until / 1000) };
}

/** @param {any} detail as WhatsApp puts it: how many were used of how many, and whether that was all */
export function cappingEvent(detail) {
  const until = Number(detail?.cycle_end_timestamp) || undefined;
  return { kind: 'restriction', name: 'new_chats', active: detail?.capping_status === 'CAPPED', until, detail };
}
