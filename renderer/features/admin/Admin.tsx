import { Tabs } from 'antd';
import { useStore } from 'zustand';
import type { AdminModel } from '../../state/adminModel.ts';
import type { SystemsModel } from '../../state/systemsModel.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { Audit } from './Audit.tsx';
import { CaseDevices } from './CaseDevices.tsx';
import { Carts } from './Carts.tsx';
import { Organisations } from './Organisations.tsx';
import { People } from './People.tsx';
import { Systems } from './Systems.tsx';
import './admin.css';

export interface AdminProps {
  readonly model: AdminModel;
  readonly systems: SystemsModel;
  /** Where systems reach this server, without a slash at its end. */
  readonly serverUrl: string;
  /** Nobody deactivates themselves. */
  readonly selfId: string;
  readonly canPeople: boolean;
  readonly canOrganisations: boolean;
  readonly canCarts: boolean;
  readonly canSystems: boolean;
  readonly canAudit: boolean;
}

/** Accounts, organisations, carts, hospitals' systems and the audit log, each for those who may. */
export default function Admin({ model, systems, serverUrl, selfId, canPeople, canOrganisations, canCarts, canSystems, canAudit }: AdminProps) {
  const { t } = useText();
  const error = useStore(model.store, (s) => s.error);
  const items = [
    ...(canPeople ? [{ key: 'people', label: t('admin.people'), children: <People model={model} selfId={selfId} /> }] : []),
    ...(canOrganisations ? [{ key: 'organisations', label: t('admin.organisations'), children: <Organisations model={model} /> }] : []),
    ...(canCarts ? [{ key: 'carts', label: t('admin.carts'), children: <Carts model={model} /> }] : []),
    ...(canCarts ? [{ key: 'caseDevices', label: t('admin.caseDevices'), children: <CaseDevices model={model} /> }] : []),
    ...(canSystems ? [{ key: 'systems', label: t('systems.title'), children: <Systems model={systems} serverUrl={serverUrl} /> }] : []),
    ...(canAudit ? [{ key: 'audit', label: t('admin.audit'), children: <Audit model={model} /> }] : []),
  ];
  return (
    <div className="hz-page hz-wide">
      <div className="hz-page-head">
        <h1>{t('admin.title')}</h1>
      </div>
      {error && <ErrorNotice error={error} />}
      <Tabs items={items} onChange={model.clearError} destroyOnHidden />
    </div>
  );
}
