import { Button, Form, Input, Modal, Select, Table } from 'antd';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { type Organisation, type Tier, tiersBelow } from '#shared/domain/people';
import { pick } from '../../i18n/format.ts';
import type { AdminModel } from '../../state/adminModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';

interface Node extends Organisation {
  /** Left out where there are none: the table offers to open whatever has the key. */
  readonly children?: readonly Node[];
}

/** What is below `parentId`; the root's own parent is in another administrator's hands and not in the list. */
function treeOf(organisations: readonly Organisation[], parentId: string | null): Node[] {
  const isRoot = (one: Organisation) => !organisations.some(({ id }) => id === one.parentId);
  return organisations
    .filter((one) => (parentId === null ? isRoot(one) : one.parentId === parentId))
    .map((one) => {
      const children = treeOf(organisations, one.id);
      return children.length > 0 ? { ...one, children } : one;
    });
}

type Asked = { readonly type: 'add'; readonly below: Organisation } | { readonly type: 'rename'; readonly organisation: Organisation };

/** The own organisation and the tree below it. */
export function Organisations({ model }: { readonly model: AdminModel }) {
  const { t, language } = useText();
  const { organisations, isWorking } = useStore(model.store);
  const [asked, setAsked] = useState<Asked | null>(null);
  // What is closed is kept and not what is open: whatever is added shows at once.
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => model.refreshOrganisations(), [model]);
  const ask = (next: Asked | null) => {
    model.clearError();
    setAsked(next);
  };
  const nameOf = (one: Organisation) => pick(one.name, language);

  return (
    <div className="hz-column">
      <Table<Node>
        rowKey="id"
        size="middle"
        loading={organisations.length === 0 && isWorking}
        dataSource={treeOf(organisations, null)}
        pagination={false}
        scroll={{ x: 760 }}
        locale={{ emptyText: t('admin.noEntries') }}
        expandable={{
          expandedRowKeys: organisations.map(({ id }) => id).filter((id) => !closed.has(id)),
          onExpand: (isOpen, { id }) => setClosed((before) => new Set(isOpen ? [...before].filter((one) => one !== id) : [...before, id])),
        }}
        columns={[
          { title: t('admin.organisationName'), key: 'name', render: (_, one) => <>{nameOf(one)} <span className="hz-muted">{language === 'en' ? one.name.zh : one.name.en}</span></> },
          { title: t('admin.tier'), key: 'tier', width: 120, render: (_, one) => t(`tier.${one.tier}`) },
          {
            title: t('admin.actions'),
            key: 'actions',
            width: 280,
            render: (_, one) => (
              <div className="hz-row">
                <Button onClick={() => ask({ type: 'rename', organisation: one })} aria-label={t('admin.renameNamed', { name: nameOf(one) })} data-testid={`rename-${one.id}`}>
                  {t('admin.rename')}
                </Button>
                {tiersBelow(one.tier).length > 0 && (
                  <Button onClick={() => ask({ type: 'add', below: one })} aria-label={t('admin.addBelowNamed', { name: nameOf(one) })} data-testid={`add-below-${one.id}`}>
                    {t('admin.addBelow')}
                  </Button>
                )}
              </div>
            ),
          },
        ]}
      />
      {asked && <OrganisationDialog model={model} asked={asked} onClose={() => ask(null)} />}
    </div>
  );
}

interface Values {
  readonly nameZh: string;
  readonly nameEn: string;
  readonly tier: Tier;
}

function OrganisationDialog({ model, asked, onClose }: { readonly model: AdminModel; readonly asked: Asked; readonly onClose: () => void }) {
  const { t, language } = useText();
  const { isWorking, error } = useStore(model.store);
  const [form] = Form.useForm<Values>();
  const needed = [{ required: true, whitespace: true, message: t('settings.required') }];
  const tiers = asked.type === 'add' ? tiersBelow(asked.below.tier) : [];
  const submit = ({ nameZh, nameEn, tier }: Values) => {
    const name = { zh: nameZh.trim(), en: nameEn.trim() };
    const work = asked.type === 'add' ? model.createOrganisation({ parentId: asked.below.id, tier, name }) : model.renameOrganisation(asked.organisation.id, name);
    void work.then((isDone) => (isDone ? onClose() : undefined));
  };
  const title = asked.type === 'add' ? t('admin.addBelowTitle', { name: pick(asked.below.name, language) }) : t('admin.renameTitle', { name: pick(asked.organisation.name, language) });
  const initialValues = asked.type === 'add' ? { tier: tiers[0] } : { nameZh: asked.organisation.name.zh, nameEn: asked.organisation.name.en };
  return (
    <Modal open title={title} onCancel={onClose} onOk={form.submit} okText={asked.type === 'add' ? t('admin.create') : t('common.save')} confirmLoading={isWorking}>
      {error && <ErrorNotice error={error} />}
      <Form<Values> form={form} layout="vertical" initialValues={initialValues} onFinish={submit}>
        <Form.Item name="nameZh" label={t('admin.organisationNameZh')} rules={needed}>
          <Input maxLength={80} data-testid="organisation-name-zh" />
        </Form.Item>
        <Form.Item name="nameEn" label={t('admin.organisationNameEn')} rules={needed}>
          <Input maxLength={80} data-testid="organisation-name-en" />
        </Form.Item>
        {asked.type === 'add' && (
          <Form.Item name="tier" label={t('admin.tier')} extra={t('admin.tierHelp')} rules={[{ required: true, message: t('settings.required') }]}>
            <Select options={tiers.map((tier) => ({ value: tier, label: t(`tier.${tier}`) }))} data-testid="organisation-tier" />
          </Form.Item>
        )}
      </Form>
    </Modal>
  );
}
