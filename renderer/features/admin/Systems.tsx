import { CheckCircleOutlined, ClockCircleOutlined, CopyOutlined, PlusOutlined, StopOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Input, Modal, Select, Table } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { SystemScope } from '#shared/domain/hospitalSystem';
import { organisationIdSchema } from '#shared/domain/ids';
import { drop } from '#shared/lib/drop';
import type { HospitalSystem } from '#shared/protocol/systems';
import { clockTime, pick } from '../../i18n/format.ts';
import type { SystemsModel } from '../../state/systemsModel.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { useNow } from '../../ui/useNow.ts';

const FACADE_PATH = '/fhir/R4';
const SCOPES: readonly SystemScope[] = ['read', 'serviceRequest.create'];
const DAYS = [30, 90, 180, 365, 1095] as const;
/** So long before its end a token is said to end soon. */
const SOON_MS = 30 * 86_400_000;

/** [FHR2] Hospitals' systems: registered, with a token that is shown once, and revoked. */
export function Systems({ model, serverUrl }: { readonly model: SystemsModel; readonly serverUrl: string }) {
  const { t, language } = useText();
  const { systems, isWorking, made, error } = useStore(model.store);
  const [isCreating, setCreating] = useState(false);
  const [asked, setAsked] = useState<HospitalSystem | null>(null);
  const { wallMs } = useNow(60_000);
  useEffect(() => model.refresh(), [model]);
  const show = (isShown: boolean) => {
    model.clearError();
    setCreating(isShown);
  };
  const time = (ms: number) => clockTime(ms, wallMs, language);

  return (
    <div className="hz-column">
      <p className="hz-muted">{t('systems.help')}</p>
      <div>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => show(true)} data-testid="add-system">
          {t('systems.add')}
        </Button>
      </div>
      {error && !isCreating && <ErrorNotice error={error} action={systems === null ? <Button onClick={model.refresh}>{t('common.retry')}</Button> : undefined} />}
      <Table<HospitalSystem>
        rowKey="id"
        size="middle"
        loading={systems === null && isWorking}
        dataSource={[...(systems ?? [])]}
        pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        scroll={{ x: 980 }}
        locale={{ emptyText: systems === null ? ' ' : t('systems.none') }}
        columns={[
          { title: t('systems.name'), key: 'name', render: (_, { name, id }) => <span title={id}>{name}</span> },
          { title: t('admin.organisation'), key: 'organisation', render: (_, { organisationName }) => pick(organisationName, language) },
          { title: t('systems.scopes'), key: 'scopes', render: (_, { scopes }) => scopes.map((scope) => t(`systems.scope.${scope}`)).join(t('common.listComma')) },
          { title: t('admin.state'), key: 'state', render: (_, system) => <SystemState system={system} nowMs={wallMs} /> },
          { title: t('systems.expires'), key: 'expires', render: (_, { expiresAtMs }) => time(expiresAtMs) },
          { title: t('systems.lastUsed'), key: 'lastUsed', render: (_, { lastUsedAtMs }) => (lastUsedAtMs === null ? t('admin.never') : time(lastUsedAtMs)) },
          {
            title: t('admin.actions'),
            key: 'actions',
            render: (_, system) =>
              system.revokedAtMs === null ? (
                <Button danger onClick={() => setAsked(system)} aria-label={t('admin.revokeNamed', { name: system.name })} data-testid={`revoke-${system.id}`}>
                  {t('admin.revoke')}
                </Button>
              ) : null,
          },
        ]}
      />
      {asked && (
        <ConfirmDialog
          isOpen
          isDangerous
          title={t('admin.revokeTitle', { name: asked.name })}
          text={t('systems.revokeText', { name: asked.name })}
          confirmLabel={t('admin.revoke')}
          confirmTestId="revoke-system-confirm"
          onConfirm={() => {
            model.revoke(asked.id);
            setAsked(null);
          }}
          onCancel={() => setAsked(null)}
        />
      )}
      {isCreating && <NewSystemDialog model={model} onClose={() => show(false)} />}
      {made && <TokenDialog made={made} address={`${serverUrl}${FACADE_PATH}`} time={time} onClose={model.putAwayToken} />}
    </div>
  );
}

function SystemState({ system, nowMs }: { readonly system: HospitalSystem; readonly nowMs: number }) {
  const { t } = useText();
  if (system.revokedAtMs !== null) return <Chip tone="neutral" icon={<StopOutlined />}>{t('systems.state.revoked')}</Chip>;
  if (system.expiresAtMs <= nowMs) return <Chip tone="neutral" icon={<ClockCircleOutlined />}>{t('systems.state.expired')}</Chip>;
  if (system.expiresAtMs - nowMs < SOON_MS) return <Chip tone="caution" icon={<ClockCircleOutlined />}>{t('systems.state.endsSoon')}</Chip>;
  return <Chip tone="good" icon={<CheckCircleOutlined />}>{t('systems.state.active')}</Chip>;
}

function TokenDialog({ made, address, time, onClose }: { readonly made: NonNullable<ReturnType<SystemsModel['store']['getState']>['made']>; readonly address: string; readonly time: (ms: number) => string; readonly onClose: () => void }) {
  const { t } = useText();
  const [isCopied, setCopied] = useState(false);
  return (
    <Modal open centered width={640} title={t('systems.tokenTitle', { name: made.name })} onCancel={onClose} mask={{ closable: false }} footer={<Button type="primary" onClick={onClose} data-testid="token-put-away">{t('common.close')}</Button>}>
      <div className="hz-column">
        <strong>{t('systems.tokenOnce')}</strong>
        <div className="hz-row">
          <Input readOnly value={made.token} aria-label={t('systems.token')} onFocus={({ target }) => target.select()} data-testid="system-token" />
          <Button icon={<CopyOutlined />} onClick={() => drop(navigator.clipboard.writeText(made.token).then(() => setCopied(true)), 'the token can be copied by hand')}>
            {t(isCopied ? 'common.copied' : 'common.copy')}
          </Button>
        </div>
        <p>{t('systems.tokenHelp', { address, time: time(made.expiresAtMs) })}</p>
      </div>
    </Modal>
  );
}

interface Values {
  readonly name: string;
  readonly organisationId: string;
  readonly scopes: SystemScope[];
  readonly validDays: number;
}

function NewSystemDialog({ model, onClose }: { readonly model: SystemsModel; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { organisations, isWorking, error } = useStore(model.store);
  const [form] = Form.useForm<Values>();
  const needed = [{ required: true, message: t('settings.required') }];
  const create = ({ organisationId, ...rest }: Values) => void model.create({ ...rest, organisationId: organisationIdSchema.parse(organisationId) }).then((isDone) => (isDone ? onClose() : undefined));
  return (
    <Modal open title={t('systems.add')} onCancel={onClose} onOk={form.submit} okText={t('systems.create')} confirmLoading={isWorking}>
      {error && <ErrorNotice error={error} />}
      <Form<Values> form={form} layout="vertical" onFinish={create} initialValues={{ scopes: [...SCOPES], validDays: 365 }}>
        <Form.Item name="name" label={t('systems.name')} rules={[{ required: true, whitespace: true, message: t('settings.required') }]} extra={t('systems.nameHint')}>
          <Input maxLength={80} data-testid="system-name" />
        </Form.Item>
        <Form.Item name="organisationId" label={t('admin.organisation')} rules={needed} extra={t('systems.organisationHint')}>
          <Select options={organisations.map(({ id, name }) => ({ value: id, label: pick(name, language) }))} data-testid="system-organisation" />
        </Form.Item>
        {/* By a rule of its own: «required» would be said of a group, which cannot have it. */}
        <Form.Item name="scopes" label={t('systems.scopes')} rules={[{ validator: async (_, scopes: SystemScope[]) => (scopes.length > 0 ? undefined : Promise.reject(new Error(t('settings.required')))) }]}>
          <Checkbox.Group options={SCOPES.map((scope) => ({ value: scope, label: t(`systems.scope.${scope}`) }))} />
        </Form.Item>
        <Form.Item name="validDays" label={t('systems.validFor')} rules={needed}>
          <Select options={DAYS.map((days) => ({ value: days, label: t('systems.days', { count: days }) }))} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
