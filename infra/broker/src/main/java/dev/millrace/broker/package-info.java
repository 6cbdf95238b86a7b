/**
 * Apache Kafka as a process of its own: one KRaft node that is controller and broker at once, on loopback. A command
 * runs it until it is told to stop; {@link dev.millrace.broker.BrokerProcess} starts that command as a child.
 */
@NullMarked
package dev.millrace.broker;

import org.jspecify.annotations.NullMarked;
