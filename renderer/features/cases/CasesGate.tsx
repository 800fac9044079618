import { DeleteOutlined, DisconnectOutlined, StopOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { assertNever } from '#shared/lib/assert';
import { clockTime } from '../../i18n/format.ts';
import type { CaseFilesModel } from '../../state/cases/caseFilesModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';
import { ChoosePassphrase, Unlock } from './Passphrase.tsx';
import './cases.css';

/** Stands before everything that reads case files: shows what is inside only while this machine's copies are open. */
export default function CasesGate({ files, isCompact, children }: { readonly files: CaseFilesModel; readonly isCompact: boolean; readonly children: ReactNode }) {
  const { t } = useText();
  const isOpen = useStore(files.store, (s) => s.access.type === 'open');
  if (isOpen) return children;
  if (isCompact) return <Door files={files} />;
  return (
    <div className="hz-page">
      <div className="hz-page-head">
        <h1>{t('cases.title')}</h1>
      </div>
      <Door files={files} />
    </div>
  );
}

function Door({ files }: { readonly files: CaseFilesModel }) {
  const { t, language } = useText();
  const { access, isUnlocking, isOnline, error, memoryOnly } = useStore(files.store);
  const { wallMs } = useNow(60_000);
  switch (access.type) {
    case 'loading':
    case 'open':
      return error ? <ErrorNotice error={error} action={<Button onClick={files.startAnew}>{t('common.retry')}</Button>} /> : <Opening />;
    case 'unset':
      if (!isOnline) return <Notice icon={<DisconnectOutlined />} title={t('cases.nothingHere')} text={t('cases.nothingHereText')} testId="cases-nothing-here" />;
      if (access.kind === 'vault') return error ? <ErrorNotice error={error} action={<Button onClick={() => files.setUp(null)}>{t('common.retry')}</Button>} /> : <Opening />;
      return <ChoosePassphrase isWorking={isUnlocking} error={error} onChoose={files.setUp} />;
    case 'locked':
      if (access.kind === 'vault') return error ? <ErrorNotice error={error} action={<Button onClick={() => files.unlock(null)}>{t('common.retry')}</Button>} /> : <Opening />;
      return <Unlock isWorking={isUnlocking} error={error} onUnlock={files.unlock} />;
    case 'off':
      return <Notice icon={<StopOutlined />} title={t('cases.off')} text={t('cases.offText')} extra={<p className="hz-muted hz-small">{t('cases.offReason', { reason: memoryOnly ?? t('common.unknown') })}</p>} testId="cases-off" />;
    case 'vanished':
      return (
        <Notice
          icon={<WarningOutlined />}
          title={t('cases.vanished')}
          text={t('cases.vanishedText', { time: clockTime(access.atMs, wallMs, language) })}
          extra={<p className="cs-strong">{t('cases.vanishedUnsent')}</p>}
          action={
            <Button type="primary" size="large" onClick={files.startAnew} data-testid="cases-start-anew">
              {t('cases.startAnew')}
            </Button>
          }
          testId="cases-vanished"
        />
      );
    case 'wiped':
      return (
        <Notice
          icon={<DeleteOutlined />}
          title={t('cases.wiped')}
          text={t('cases.wipedText')}
          action={
            <Button size="large" onClick={files.startAnew} disabled={!isOnline} data-testid="cases-start-anew">
              {t('cases.startAnew')}
            </Button>
          }
          testId="cases-wiped"
        />
      );
    default:
      return assertNever(access);
  }
}

function Opening() {
  const { t } = useText();
  return (
    <div className="cs-list" aria-busy="true">
      <span className="hz-hidden" role="status">
        {t('cases.opening')}
      </span>
      {[0, 1, 2, 3].map((index) => (
        <div key={index} className="cs-row cs-row-skeleton">
          <Skeleton active title={false} paragraph={{ rows: 2, width: [160, 420] }} />
        </div>
      ))}
    </div>
  );
}

interface NoticeProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: string;
  readonly extra?: ReactNode;
  readonly action?: ReactNode;
  readonly testId: string;
}

function Notice({ icon, title, text, extra, action, testId }: NoticeProps) {
  return (
    <div className="hz-empty cs-notice" data-testid={testId} role="status">
      {icon}
      <h2>{title}</h2>
      <p>{text}</p>
      {extra}
      {action}
    </div>
  );
}
