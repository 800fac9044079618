import type { Bilingual } from '#shared/domain/people';
import type { ClaimedDelivery } from '../storage/deliveries.ts';
import type { DeliverySubject } from '../storage/deliverySubject.ts';
import { ABOUT_A_TIME, NOTICE_TITLES, sessionTime, URGENCY_TEXTS } from './noticeTexts.ts';

/** What a letter says besides what it is about. */
export interface LetterContext {
  readonly timeZone: string;
  readonly clientUrl: string;
  /** Where the invitation is answered; null: there is none to answer. */
  readonly answerUrl: string | null;
}

/** [NTC2] A letter in both languages, as plain text: no patient's name, no question, no title somebody typed. */
export function composeLetter({ kind }: Pick<ClaimedDelivery, 'kind'>, subject: DeliverySubject, context: LetterContext): { readonly subject: string; readonly text: string } {
  const title = NOTICE_TITLES[kind];
  const paragraph = (language: keyof Bilingual) => linesOf(language, kind, subject, context).join('\n');
  return { subject: `${title.zh} · ${title.en}`, text: `${paragraph('zh')}\n\n----\n\n${paragraph('en')}\n` };
}

function linesOf(language: keyof Bilingual, kind: ClaimedDelivery['kind'], { session, urgency, organisationName, centreName }: DeliverySubject, { timeZone, clientUrl, answerUrl }: LetterContext): string[] {
  const isChinese = language === 'zh';
  const line = (zh: string, en: string, value: string) => (isChinese ? `${zh}：${value}` : `${en}: ${value}`);
  return [
    NOTICE_TITLES[kind][language],
    '',
    urgency === null ? line('医院', 'Hospital', organisationName[language]) : line('申请医院', 'Applying hospital', organisationName[language]),
    ...(centreName === null ? [] : [line('会诊中心', 'Centre', centreName[language])]),
    ...(urgency === null ? [] : [line('紧急程度', 'Urgency', URGENCY_TEXTS[urgency][language])]),
    ...(session === null || !ABOUT_A_TIME.has(kind) ? [] : [line('时间', 'Time', sessionTime(session.startsAtMs, session.durationMinutes, timeZone)[language])]),
    ...(session?.isOfSeries !== true ? [] : [isChinese ? '本次属于定期会诊，您参加的各次见所附日历。此处答复只对本次有效；在客户端可一次答复尚未答复的全部各次。' : 'One of a series: the calendar attached holds all of it that you come to. An answer here is for this session; in the client all that are still open can be answered at once.']),
    '',
    ...(answerUrl === null
      ? []
      : isChinese
        ? ['接受或谢绝邀请，请打开下面的链接（只对您本人，可用一次，至会诊开始为止）。请勿转发本邮件；日历程序的回复不会被读取。', answerUrl, '']
        : ['To accept or decline, open the link below (for you alone, good once, until the session begins). Do not forward this letter; replies from calendar programs are not read.', answerUrl, '']),
    isChinese ? `详情请在客户端查看：${clientUrl}` : `Details are in the client: ${clientUrl}`,
  ];
}
