import { CheckCircleOutlined, CloudUploadOutlined, DownloadOutlined, EditOutlined, ExclamationCircleOutlined, FileAddOutlined, RollbackOutlined, SaveOutlined, SendOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { clockTime, shortName } from '../../i18n/format.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { saveFile } from '../../ui/saveFile.ts';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { useOpinion, useOpinionScreen } from './opinionContext.ts';

export interface SideProps {
  readonly isOnline: boolean;
  readonly onSign: () => void;
  readonly onReturn: () => void;
  readonly onAddendum: () => void;
}

/** Where the opinion stands, what is missing, what can be done, and its versions. */
export function Side({ isOnline, onSign, onReturn, onAddendum }: SideProps) {
  const { t, language } = useText();
  const { model, self } = useOpinionScreen();
  const { opinion, isDirty, missing, canWrite, working, error, signed, shown, conflict } = useOpinion((s) => s);
  const { wallMs } = useNow(60_000);
  if (opinion === null) return null;
  const { status } = opinion;
  const next = opinion.panel.find(({ id }) => id === opinion.nextSignerId);
  const isMyTurn = opinion.nextSignerId === self.id;
  const newest = opinion.versions.at(-1);
  const mayReturn = status === 'awaitingSignatures' && (newest?.submitted?.by.id === self.id || opinion.content.signerIds.some((id) => id === self.id));
  const isOnPanel = opinion.panel.some(({ id }) => id === self.id);
  const download = async (language: 'zh' | 'en') => {
    const file = await model.download(language);
    if (file) saveFile(file, `opinion-${opinion.id}-v${opinion.version}-${language}.pdf`);
  };
  return (
    <aside className="op-side" aria-label={t('opinionDoc.side')}>
      <section className="hz-card op-state">
        <div className="hz-row-wrap">
          <Chip tone={status === 'signed' ? 'good' : status === 'draft' ? 'neutral' : 'caution'} icon={status === 'signed' ? <CheckCircleOutlined /> : <EditOutlined />}>
            <span data-testid="opinion-status">{t(`opinionStatus.${status}`)}</span>
          </Chip>
          {isDirty && <Chip tone="caution" icon={<CloudUploadOutlined />}><span data-testid="opinion-unsaved">{t('opinionDoc.unsaved')}</span></Chip>}
          {!isDirty && canWrite && opinion.version > 0 && <span className="hz-muted hz-small">{t('opinionDoc.saved', { version: opinion.version })}</span>}
        </div>
        {isDirty && !isOnline && <p role="status">{t('opinionDoc.keptOffline')}</p>}
        {isDirty && !canWrite && <p role="status">{t('opinionDoc.cannotSave')}</p>}
        {newest?.returned && status === 'returned' && <p role="status">{t('opinionDoc.returnedBy', { name: shortName(newest.returned.by, language), reason: newest.returned.reason })}</p>}
        {next && <p>{isMyTurn ? t('opinionDoc.yourTurn') : t('opinionDoc.waitsFor', { name: shortName(next, language) })}</p>}
        {signed && <p role="status" data-testid="opinion-signed">{t(signed.isNewKey ? 'opinionDoc.signedNewKey' : 'opinionDoc.signedNow')}</p>}
        {error && working === null && conflict === null && <ErrorNotice error={error} {...(isDirty && error.category === 'network' ? { text: t('opinionDoc.notSaved') } : {})} />}
        {canWrite && missing.length > 0 && (
          <div className="op-missing" data-testid="opinion-missing">
            <strong>
              <ExclamationCircleOutlined /> {t('opinionDoc.missing')}
            </strong>
            <ul>
              {missing.map((part) => (
                <li key={part}>{t(`opinionMissing.${part}`)}</li>
              ))}
            </ul>
          </div>
        )}
        <div className="op-actions">
          {canWrite && (
            <>
              <Button size="large" icon={<SaveOutlined />} disabled={!isDirty || !isOnline} loading={working === 'save'} onClick={() => void model.save()} data-testid="save-opinion">
                {t('opinionDoc.save')}
              </Button>
              <Button size="large" type="primary" icon={<SendOutlined />} disabled={missing.length > 0 || !isOnline} loading={working === 'submit'} onClick={() => void model.submit()} data-testid="submit-opinion">
                {t('opinionDoc.submit')}
              </Button>
            </>
          )}
          {isDirty && (
            <Button size="large" onClick={model.discard} data-testid="discard-opinion">
              {t('opinionDoc.discard')}
            </Button>
          )}
          {isMyTurn && (
            <Button size="large" type="primary" icon={<EditOutlined />} disabled={!isOnline} onClick={onSign} data-testid="sign-opinion">
              {t('opinionDoc.sign')}
            </Button>
          )}
          {mayReturn && (
            <Button size="large" icon={<RollbackOutlined />} disabled={!isOnline} onClick={onReturn} data-testid="return-opinion">
              {t('opinionDoc.return')}
            </Button>
          )}
          {status === 'signed' && (
            <>
              <Button size="large" type="primary" icon={<DownloadOutlined />} disabled={!isOnline || working !== null} onClick={() => void download('zh')} data-testid="download-zh">
                {t('opinionDoc.pdfZh')}
              </Button>
              <Button size="large" icon={<DownloadOutlined />} disabled={!isOnline || working !== null} onClick={() => void download('en')} data-testid="download-en">
                {t('opinionDoc.pdfEn')}
              </Button>
              {isOnPanel && (
                <Button size="large" icon={<FileAddOutlined />} disabled={!isOnline} loading={working === 'addendum'} onClick={onAddendum} data-testid="begin-addendum">
                  {t('opinionDoc.addendum')}
                </Button>
              )}
            </>
          )}
        </div>
        {opinion.documentHash !== null && (
          <p className="hz-small hz-muted op-hash">
            {t('opinionDoc.hash')} <code>{(opinion.documentHash.match(/.{1,8}/g) ?? []).join(' ')}</code>
          </p>
        )}
      </section>
      <section className="hz-card">
        <h2>{t('opinionDoc.versions')}</h2>
        {opinion.versions.length === 0 && <p className="hz-muted">{t('opinionDoc.noVersions')}</p>}
        <ol className="op-versions" reversed data-testid="opinion-versions">
          {[...opinion.versions].reverse().map((version) => (
            <li key={version.number}>
              <button type="button" aria-pressed={(shown?.number ?? opinion.version) === version.number} onClick={() => model.show(version.number === opinion.version ? null : version.number)} data-testid={`version-${version.number}`}>
                <strong>{t('opinionDoc.version', { number: version.number })}</strong> {shortName(version.author, language)} · {clockTime(version.atMs, wallMs, language)}
                {version.submitted && <small>{t('opinionDoc.submittedBy', { name: shortName(version.submitted.by, language), time: clockTime(version.submitted.atMs, wallMs, language) })}</small>}
                {version.returned && <small>{t('opinionDoc.returnedBy', { name: shortName(version.returned.by, language), reason: version.returned.reason })}</small>}
              </button>
            </li>
          ))}
        </ol>
      </section>
    </aside>
  );
}
