export type ConsentLanguage = 'zh' | 'en';

/** The form's words, in the language of who signs; they may be changed for the case before signing, and are kept as signed. */
export const CONSENT_TEXTS: Readonly<Record<ConsentLanguage, { readonly title: string; readonly text: string }>> = {
  zh: {
    title: '远程会诊知情同意书',
    text: [
      '1. 医师已向我说明远程会诊的目的、方式和参加的医院。',
      '2. 会诊所需的病历、检验、影像和现场画面会加密传送给受邀专家，仅用于本次诊疗。',
      '3. 远程会诊受设备和网络条件限制，不能代替必要的当面检查；专家意见供主管医师参考，治疗由主管医师决定。',
      '4. 我可以随时撤回同意，不影响其他治疗。',
      '我已阅读并理解以上内容，同意进行远程会诊。',
    ].join('\n'),
  },
  en: {
    title: 'Consent to remote consultation',
    text: [
      '1. A physician has explained to me the purpose and manner of the remote consultation and the hospitals that take part.',
      '2. The records, laboratory results, imaging and live pictures it needs are sent encrypted to the invited experts and used for this treatment only.',
      '3. Equipment and network set limits to a remote consultation; it does not replace a necessary examination in person. The experts advise, and the attending physician decides on treatment.',
      '4. I may withdraw my consent at any time without effect on other treatment.',
      'I have read and understood the above and agree to the remote consultation.',
    ].join('\n'),
  },
};
