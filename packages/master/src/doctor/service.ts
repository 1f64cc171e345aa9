import { methodsOf, type ServiceTable } from '@alluvium/net';
import { namespaceService as ns } from '@alluvium/wire';
import type { FileContext } from '../file/context.js';
import { serve } from '../file/serve.js';
import type { Doctor } from './doctor.js';
import { listFindings, startDoctor } from './operations.js';

const methods = methodsOf(ns.NamespaceServiceDefinition);

/** What of NamespaceService is the doctor's. */
export function doctorService(doctor: Doctor, c: FileContext): (table: ServiceTable) => void {
  return (table) => {
    table
      .unary(
        methods.startDoctor,
        serve(c, (_, request, user) => startDoctor(doctor, c, request, user)),
      )
      .unary(
        methods.listFindings,
        serve(c, (_, request, user) => listFindings(doctor, c, request, user)),
      );
  };
}
