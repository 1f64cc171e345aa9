import { methodsOf, type ServiceTable } from '@alluvium/net';
import { namespaceService as ns } from '@alluvium/wire';
import { serve } from '../file/serve.js';
import { Doctor } from './doctor.js';
import type { PatientParts } from './invariant.js';
import { listFindings, startDoctor } from './operations.js';

const methods = methodsOf(ns.NamespaceServiceDefinition);

/** What of NamespaceService is the doctor's. */
export function doctorService(patient: PatientParts): (table: ServiceTable) => void {
  const { c } = patient;
  const doctor = new Doctor(patient);
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
