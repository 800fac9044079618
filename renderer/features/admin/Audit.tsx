import { CheckCircleOutlined, StopOutlined } from '@ant-design/icons';
import { Button, Segmented, Table } from 'antd';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import type { AuditEntry } from '#shared/protocol/admin';
import { ERROR_CODES, type ErrorCode } from '#shared/protocol/errors';
import { clockTime } from '../../i18n/format.ts';
import type { AdminModel } from '../../state/adminModel.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** What is audited when it is done, in words; other requests come up only when they were refused and keep their names. */
const ACTIONS = [
  'session.signIn', 'session.signOut', 'session.revoke', 'session.changePassword', 'setUp.complete', 'cart.enrol', 'cart.signIn',
  'consult.create', 'consult.enter', 'consult.admitted', 'consult.end',
  'admin.audit', 'admin.createPerson', 'admin.setPersonActive', 'admin.unlockPerson', 'admin.resetPassword', 'admin.createOrganisation', 'admin.renameOrganisation', 'admin.createCart', 'admin.createEnrolmentCode', 'admin.revokeCart', 'admin.createSystem', 'admin.revokeSystem', 'fhir.read', 'fhir.search', 'fhir.case', 'fhir.create', 'fhir.request',
] as const;

/** Who did or tried what; newest first, older ones on demand. */
export function Audit({ model }: { readonly model: AdminModel }) {
  const { t, language } = useText();
  const { audit, auditOutcome, hasMoreAudit, isWorking } = useStore(model.store);
  const { wallMs } = useNow(60_000);
  useEffect(() => model.refreshAudit(null), [model]);
  return (
    <div className="hz-column">
      <div>
        <Segmented<'all' | 'done' | 'refused'>
          aria-label={t('admin.outcome')}
          value={auditOutcome ?? 'all'}
          onChange={(value) => model.refreshAudit(value === 'all' ? null : value)}
          options={(['all', 'done', 'refused'] as const).map((value) => ({ value, label: t(`admin.outcome.${value}`) }))}
        />
      </div>
      <Table<AuditEntry>
        rowKey="sequence"
        size="small"
        loading={audit === null && isWorking}
        dataSource={[...(audit ?? [])]}
        pagination={false}
        scroll={{ x: 860 }}
        locale={{ emptyText: t('admin.noEntries') }}
        columns={[
          { title: t('admin.sequence'), dataIndex: 'sequence', width: 80 },
          { title: t('common.time'), key: 'time', width: 150, render: (_, entry) => clockTime(entry.atMs, wallMs, language) },
          { title: t('admin.actor'), key: 'actor', render: (_, entry) => `${t(`admin.actor.${entry.actorKind}`)}${entry.actorId ? ` ${entry.actorId}` : ''}` },
          {
            title: t('admin.action'),
            key: 'action',
            render: (_, entry) => {
              const known = ACTIONS.find((action) => action === entry.action);
              return <span title={entry.action}>{known ? t(`admin.action.${known}`) : entry.action}</span>;
            },
          },
          { title: t('admin.subject'), key: 'subject', render: (_, entry) => entry.subject ?? '–' },
          {
            title: t('admin.outcome'),
            key: 'outcome',
            render: (_, entry) =>
              entry.outcome === 'done' ? (
                <Chip tone="good" icon={<CheckCircleOutlined />}>{t('admin.outcome.done')}</Chip>
              ) : (
                <>
                  <Chip tone="caution" icon={<StopOutlined />}>{t('admin.outcome.refused')}</Chip> <span className="hz-small">{entry.code && isErrorCode(entry.code) ? t(`error.${entry.code}`) : entry.code}</span>
                </>
              ),
          },
        ]}
      />
      {hasMoreAudit && (
        <Button onClick={model.moreAudit} loading={isWorking}>
          {t('admin.more')}
        </Button>
      )}
    </div>
  );
}
