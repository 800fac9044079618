import type { Bilingual } from '#shared/domain/people';
import type { ErrorCode } from '#shared/protocol/errors';
import type { InvitationView } from '../notices/invitationAnswers.ts';
import { REASON_LENGTH } from '../notices/invitationAnswers.ts';

/** What the page says where there is nothing to press. */
const SAID: Readonly<Record<Exclude<InvitationView['status'], 'open' | 'reasonMissing'>, Bilingual>> = {
  accepted: { zh: '您已接受邀请。', en: 'You have accepted the invitation.' },
  declined: { zh: '您已谢绝邀请，会诊中心会收到您的理由。', en: 'You have declined the invitation; the centre will see your reason.' },
  unknown: { zh: '没有这个链接。请核对地址是否完整。', en: 'There is no such link. Is the address complete?' },
  used: { zh: '这份邀请已经答复过。如需更改，请在客户端操作。', en: 'This invitation was answered before. To change the answer, open the client.' },
  expired: { zh: '会诊已经开始或结束，链接不再有效。', en: 'The session has begun or is over; the link is not good any more.' },
  moved: { zh: '会诊时间已变更，请使用新邮件中的链接。', en: 'The session was moved; use the link in the newer letter.' },
  cancelled: { zh: '会诊已取消，无需答复。', en: 'The session was cancelled; there is nothing to answer.' },
  notNeeded: { zh: '您已不在受邀专家之列，无需答复。', en: 'You are not on the panel any more; there is nothing to answer.' },
};

/** What the page says when the workflow does not take the answer. */
const REFUSED: Readonly<Partial<Record<ErrorCode, Bilingual>>> = {
  'schedule.conflict': { zh: '该时间您已有其他安排，请与会诊中心联系。', en: 'You are taken at that time by another session; please call the centre.' },
};
const REFUSED_OTHERWISE: Bilingual = { zh: '现在不能答复，请在客户端查看会诊的情况。', en: 'It cannot be answered now; open the client to see how things stand.' };

const STYLE =
  'body{font:16px/1.6 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem;color:#1a2530;background:#fff}h1{font-size:1.4rem}dt{color:#516070}dd{margin:0 0 .8rem}textarea{width:100%;box-sizing:border-box;font:inherit;padding:.4rem}button{font:inherit;padding:.7rem 1.4rem;margin:.8rem .8rem 0 0;border:1px solid #2a5b8c;border-radius:6px;background:#fff;color:#1d4a78;min-height:44px}button[value=accepted]{background:#1d4a78;color:#fff}.warn{color:#8c1d18}';

/** A page of a link that leads to an invitation; it needs no script. */
export function invitationPage(view: InvitationView): string {
  if (view.status !== 'open' && view.status !== 'reasonMissing') return page(`<p>${both(SAID[view.status])}</p>`);
  const missing = view.status === 'reasonMissing' ? `<p class="warn" role="alert">${both({ zh: '谢绝时请写明理由。', en: 'To decline, please give a reason.' })}</p>` : '';
  return page(`<p>${both(view.name)}</p>
<dl><dt>时间 · Time</dt><dd>${both(view.time)}</dd>${view.centre === null ? '' : `<dt>会诊中心 · Centre</dt><dd>${both(view.centre)}</dd>`}</dl>${missing}
<form method="post"><label for="reason">谢绝的理由 · Reason, when you decline</label><textarea id="reason" name="reason" rows="2" maxlength="${REASON_LENGTH}" required></textarea>
<button name="answer" value="accepted" formnovalidate>接受 · Accept</button><button name="answer" value="declined">谢绝 · Decline</button></form>`);
}

/** The page for an answer that was not taken. */
export function refusedPage(code: ErrorCode): string {
  return page(`<p class="warn" role="alert">${both(REFUSED[code] ?? REFUSED_OTHERWISE)}</p>`);
}

function page(content: string): string {
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>会诊邀请 · Invitation</title><style>${STYLE}</style></head><body><main><h1>会诊邀请 · Invitation</h1>
${content}
</main></body></html>`;
}

function both({ zh, en }: Bilingual): string {
  return `${escaped(zh)}<br><span lang="en">${escaped(en)}</span>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
