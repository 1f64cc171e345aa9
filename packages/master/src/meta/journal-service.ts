// JournalMasterClientService. The journal has one writer and no quorum: calls about one are answered as by a 2.9.4 master whose
// journal is not the embedded one.
import { fail } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { journalMaster } from '@alluvium/wire';

const methods = methodsOf(journalMaster.JournalMasterClientServiceDefinition);

export function journalMasterService(): (table: ServiceTable) => void {
  return (table) => {
    table
      .unary(methods.getQuorumInfo, noQuorum)
      .unary(methods.removeQuorumServer, noQuorum)
      .unary(methods.transferLeadership, noQuorum)
      .unary(methods.resetPriorities, noQuorum)
      .unary(methods.getTransferLeaderMessage, noQuorum)
      .unary(methods.getNodeState, () => ({ nodeState: journalMaster.NodeState.PRIMARY }));
  };
}

function noQuorum(): never {
  throw fail('internal', 'Quorum operations are supported for journal type: EMBEDDED');
}
