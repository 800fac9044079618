import { Button, Input, Modal } from 'antd';
import { useState } from 'react';
import type { OpinionContent } from '#shared/domain/opinion';
import { duration, shortName } from '../../i18n/format.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useOpinion, useOpinionScreen } from './opinionContext.ts';

/** Asks for the password again: whoever signs is the person, not the open screen. */
export function SignDialog({ onClose }: { readonly onClose: () => void }) {
  const { t, language } = useText();
  const { model } = useOpinionScreen();
  const error = useOpinion((s) => s.error);
  const isWorking = useOpinion((s) => s.working === 'sign');
  const version = useOpinion((s) => s.opinion?.version ?? 0);
  const [password, setPassword] = useState('');
  const sign = async () => {
    const isDone = await model.sign(password);
    setPassword('');
    if (isDone) onClose();
  };
  const retryAfterMs = error?.code === 'auth.lockedOut' ? error.retryAfterMs : undefined;
  return (
    <Modal open title={t('opinionDoc.signTitle', { version })} onCancel={onClose} footer={null} centered width={460} destroyOnHidden>
      <form
        className="hz-column"
        onSubmit={(event) => {
          event.preventDefault();
          if (password !== '') void sign();
        }}
      >
        <p>{t('opinionDoc.signText')}</p>
        <label className="op-field">
          <span>{t('opinionDoc.password')}</span>
          <Input.Password size="large" autoFocus autoComplete="current-password" maxLength={200} value={password} onChange={(event) => setPassword(event.target.value)} data-testid="sign-password" />
        </label>
        {error && <ErrorNotice error={error} text={error.code === 'auth.badCredentials' ? t('opinionDoc.wrongPassword') : retryAfterMs !== undefined ? t('opinionDoc.lockedOut', { duration: duration(retryAfterMs, language) }) : t(`error.${error.code}`)} />}
        <div className="op-dialog-end">
          <Button size="large" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button size="large" type="primary" htmlType="submit" disabled={password === ''} loading={isWorking} data-testid="confirm-sign">
            {t('opinionDoc.sign')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

export function ReturnDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useText();
  const { model } = useOpinionScreen();
  const error = useOpinion((s) => s.error);
  const isWorking = useOpinion((s) => s.working === 'return');
  const [reason, setReason] = useState('');
  const give = async () => {
    if (await model.giveBack(reason.trim())) onClose();
  };
  return (
    <Modal open title={t('opinionDoc.returnTitle')} onCancel={onClose} footer={null} centered width={520} destroyOnHidden>
      <div className="hz-column">
        <p>{t('opinionDoc.returnText')}</p>
        <label className="op-field">
          <span>{t('opinionDoc.reason')}</span>
          <Input.TextArea autoFocus rows={4} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} data-testid="return-reason" />
        </label>
        {error && <ErrorNotice error={error} />}
        <div className="op-dialog-end">
          <Button size="large" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button size="large" type="primary" disabled={reason.trim() === ''} loading={isWorking} onClick={() => void give()} data-testid="confirm-return">
            {t('opinionDoc.return')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

const COMPARED = ['summary', 'findings', 'diagnosis', 'recommendations'] as const;

/** Two people wrote at once: both texts beside each other, and nothing is lost before somebody has chosen. */
export function ConflictDialog() {
  const { t, language } = useText();
  const { model } = useOpinionScreen();
  const conflict = useOpinion((s) => s.conflict);
  const draft = useOpinion((s) => s.draft);
  const panel = useOpinion((s) => s.opinion?.panel ?? []);
  if (conflict === null) return null;
  const theirs = conflict.content;
  const nameOf = (id: string) => {
    const party = panel.find((one) => one.id === id);
    return party ? shortName(party, language) : id;
  };
  const rows = [
    ...COMPARED.map((name) => ({ name: t(`opinionDoc.${name}`), mine: draft[name], theirs: theirs[name] })),
    { name: t('opinionDoc.disagreements'), mine: disagreementText(draft, nameOf), theirs: disagreementText(theirs, nameOf) },
    { name: t('opinionDoc.keyImages'), mine: imageText(draft), theirs: imageText(theirs) },
    { name: t('opinionDoc.signers'), mine: draft.signerIds.map(nameOf).join(' → '), theirs: theirs.signerIds.map(nameOf).join(' → ') },
  ].filter((row) => row.mine !== row.theirs);
  return (
    <Modal open title={t('opinionDoc.conflictTitle')} closable={false} footer={null} centered width={1040} destroyOnHidden>
      <div className="hz-column" data-testid="opinion-conflict">
        <p>{t('opinionDoc.conflictText', { name: shortName(conflict.author, language), version: conflict.number })}</p>
        <div className="op-compare">
          <table>
            <thead>
              <tr>
                <th scope="col">{t('opinionDoc.part')}</th>
                <th scope="col">{t('opinionDoc.mine')}</th>
                <th scope="col">{t('opinionDoc.theirs', { name: shortName(conflict.author, language) })}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.name}>
                  <th scope="row">{row.name}</th>
                  <td>{row.mine}</td>
                  <td>{row.theirs}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className="op-dialog-end">
          <Button size="large" onClick={() => model.decide('theirs')} data-testid="keep-theirs">
            {t('opinionDoc.keepTheirs')}
          </Button>
          <Button size="large" type="primary" autoFocus onClick={() => model.decide('mine')} data-testid="keep-mine">
            {t('opinionDoc.keepMine')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function disagreementText({ disagreements }: OpinionContent, nameOf: (id: string) => string): string {
  return disagreements.map(({ personIds, text }) => `${personIds.map(nameOf).join(', ')}: ${text}`).join('\n');
}

function imageText({ keyImages }: OpinionContent): string {
  return keyImages.map(({ caption, attachment }) => `${caption} (${attachment.fileName})`).join('\n');
}
