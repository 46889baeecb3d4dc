/* SPDX-License-Identifier: MIT */

/*
 * What the linker calls the calls: sock_send() is libsock_send there. Programs have functions called sock_send of their own,
 * and a linker would take either for the other.
 *
 * libsock.h includes this file before its declarations, and once more after them where the program has asked for the long
 * names alone (LIBSOCK_NO_SHORT_NAMES).
 */

/* The source keeps its names untouched where the compiler can; Clang forgets the underscore of macOS. */
#if !defined(LIBSOCK_NO_SHORT_NAMES) && defined(__GNUC__) && !defined(__APPLE__)
#pragma redefine_extname sock_accept libsock_accept
#pragma redefine_extname sock_activation_sockets libsock_activation_sockets
#pragma redefine_extname sock_addr_equal libsock_addr_equal
#pragma redefine_extname sock_addr_family libsock_addr_family
#pragma redefine_extname sock_addr_parse libsock_addr_parse
#pragma redefine_extname sock_addr_set libsock_addr_set
#pragma redefine_extname sock_addr_text libsock_addr_text
#pragma redefine_extname sock_adopt libsock_adopt
#pragma redefine_extname sock_after libsock_after
#pragma redefine_extname sock_bind libsock_bind
#pragma redefine_extname sock_close libsock_close
#pragma redefine_extname sock_close_gracefully libsock_close_gracefully
#pragma redefine_extname sock_connect libsock_connect
#pragma redefine_extname sock_connect_result libsock_connect_result
#pragma redefine_extname sock_connections libsock_connections
#pragma redefine_extname sock_dial libsock_dial
#pragma redefine_extname sock_dial_report libsock_dial_report
#pragma redefine_extname sock_discard libsock_discard
#pragma redefine_extname sock_errname libsock_errname
#pragma redefine_extname sock_from_descriptor libsock_from_descriptor
#pragma redefine_extname sock_get libsock_get
#pragma redefine_extname sock_has libsock_has
#pragma redefine_extname sock_hostname libsock_hostname
#pragma redefine_extname sock_interface_index libsock_interface_index
#pragma redefine_extname sock_interfaces libsock_interfaces
#pragma redefine_extname sock_join_group libsock_join_group
#pragma redefine_extname sock_leave_group libsock_leave_group
#pragma redefine_extname sock_listen libsock_listen
#pragma redefine_extname sock_local_addr libsock_local_addr
#pragma redefine_extname sock_native libsock_native
#pragma redefine_extname sock_now libsock_now
#pragma redefine_extname sock_stopwatch_us libsock_stopwatch_us
#pragma redefine_extname sock_open libsock_open
#pragma redefine_extname sock_esys_number libsock_esys_number
#pragma redefine_extname sock_packet_fields libsock_packet_fields
#pragma redefine_extname sock_pair libsock_pair
#pragma redefine_extname sock_peek libsock_peek
#pragma redefine_extname sock_peer_addr libsock_peer_addr
#pragma redefine_extname sock_peer_credentials libsock_peer_credentials
#pragma redefine_extname sock_pending libsock_pending
#pragma redefine_extname sock_pending_error libsock_pending_error
#pragma redefine_extname sock_poller_add libsock_poller_add
#pragma redefine_extname sock_poller_close libsock_poller_close
#pragma redefine_extname sock_poller_modify libsock_poller_modify
#pragma redefine_extname sock_poller_open libsock_poller_open
#pragma redefine_extname sock_poller_remove libsock_poller_remove
#pragma redefine_extname sock_poller_wait libsock_poller_wait
#pragma redefine_extname sock_poller_wake libsock_poller_wake
#pragma redefine_extname sock_reader_init libsock_reader_init
#pragma redefine_extname sock_reader_line libsock_reader_line
#pragma redefine_extname sock_reader_pending libsock_reader_pending
#pragma redefine_extname sock_reader_read libsock_reader_read
#pragma redefine_extname sock_reader_until libsock_reader_until
#pragma redefine_extname sock_recv libsock_recv
#pragma redefine_extname sock_recv_descriptors libsock_recv_descriptors
#pragma redefine_extname sock_recv_exact libsock_recv_exact
#pragma redefine_extname sock_recv_packet libsock_recv_packet
#pragma redefine_extname sock_recv_socket libsock_recv_socket
#pragma redefine_extname sock_recvfrom libsock_recvfrom
#pragma redefine_extname sock_recvv libsock_recvv
#pragma redefine_extname sock_release libsock_release
#pragma redefine_extname sock_resolve libsock_resolve
#pragma redefine_extname sock_reverse libsock_reverse
#pragma redefine_extname sock_send libsock_send
#pragma redefine_extname sock_send_all libsock_send_all
#pragma redefine_extname sock_send_descriptors libsock_send_descriptors
#pragma redefine_extname sock_send_packet libsock_send_packet
#pragma redefine_extname sock_send_socket libsock_send_socket
#pragma redefine_extname sock_sendfile libsock_sendfile
#pragma redefine_extname sock_sendto libsock_sendto
#pragma redefine_extname sock_sendv libsock_sendv
#pragma redefine_extname sock_sendv_all libsock_sendv_all
#pragma redefine_extname sock_serve libsock_serve
#pragma redefine_extname sock_service_name libsock_service_name
#pragma redefine_extname sock_service_port libsock_service_port
#pragma redefine_extname sock_set libsock_set
#pragma redefine_extname sock_shutdown libsock_shutdown
#pragma redefine_extname sock_statistics libsock_statistics
#pragma redefine_extname sock_strerror libsock_strerror
#pragma redefine_extname sock_version libsock_version
#pragma redefine_extname sock_version_number libsock_version_number
#pragma redefine_extname sock_wait libsock_wait
#elif !defined(LIBSOCK_NAMES_DEFINED)
#define LIBSOCK_NAMES_DEFINED
#define sock_accept libsock_accept
#define sock_activation_sockets libsock_activation_sockets
#define sock_addr_equal libsock_addr_equal
#define sock_addr_family libsock_addr_family
#define sock_addr_parse libsock_addr_parse
#define sock_addr_set libsock_addr_set
#define sock_addr_text libsock_addr_text
#define sock_adopt libsock_adopt
#define sock_after libsock_after
#define sock_bind libsock_bind
#define sock_close libsock_close
#define sock_close_gracefully libsock_close_gracefully
#define sock_connect libsock_connect
#define sock_connect_result libsock_connect_result
#define sock_connections libsock_connections
#define sock_dial libsock_dial
#define sock_dial_report libsock_dial_report
#define sock_discard libsock_discard
#define sock_errname libsock_errname
#define sock_from_descriptor libsock_from_descriptor
#define sock_get libsock_get
#define sock_has libsock_has
#define sock_hostname libsock_hostname
#define sock_interface_index libsock_interface_index
#define sock_interfaces libsock_interfaces
#define sock_join_group libsock_join_group
#define sock_leave_group libsock_leave_group
#define sock_listen libsock_listen
#define sock_local_addr libsock_local_addr
#define sock_native libsock_native
#define sock_now libsock_now
#define sock_stopwatch_us libsock_stopwatch_us
#define sock_open libsock_open
#define sock_esys_number libsock_esys_number
#define sock_packet_fields libsock_packet_fields
#define sock_pair libsock_pair
#define sock_peek libsock_peek
#define sock_peer_addr libsock_peer_addr
#define sock_peer_credentials libsock_peer_credentials
#define sock_pending libsock_pending
#define sock_pending_error libsock_pending_error
#define sock_poller_add libsock_poller_add
#define sock_poller_close libsock_poller_close
#define sock_poller_modify libsock_poller_modify
#define sock_poller_open libsock_poller_open
#define sock_poller_remove libsock_poller_remove
#define sock_poller_wait libsock_poller_wait
#define sock_poller_wake libsock_poller_wake
#define sock_reader_init libsock_reader_init
#define sock_reader_line libsock_reader_line
#define sock_reader_pending libsock_reader_pending
#define sock_reader_read libsock_reader_read
#define sock_reader_until libsock_reader_until
#define sock_recv libsock_recv
#define sock_recv_descriptors libsock_recv_descriptors
#define sock_recv_exact libsock_recv_exact
#define sock_recv_packet libsock_recv_packet
#define sock_recv_socket libsock_recv_socket
#define sock_recvfrom libsock_recvfrom
#define sock_recvv libsock_recvv
#define sock_release libsock_release
#define sock_resolve libsock_resolve
#define sock_reverse libsock_reverse
#define sock_send libsock_send
#define sock_send_all libsock_send_all
#define sock_send_descriptors libsock_send_descriptors
#define sock_send_packet libsock_send_packet
#define sock_send_socket libsock_send_socket
#define sock_sendfile libsock_sendfile
#define sock_sendto libsock_sendto
#define sock_sendv libsock_sendv
#define sock_sendv_all libsock_sendv_all
#define sock_serve libsock_serve
#define sock_service_name libsock_service_name
#define sock_service_port libsock_service_port
#define sock_set libsock_set
#define sock_shutdown libsock_shutdown
#define sock_statistics libsock_statistics
#define sock_strerror libsock_strerror
#define sock_version libsock_version
#define sock_version_number libsock_version_number
#define sock_wait libsock_wait
#else
#undef LIBSOCK_NAMES_DEFINED
#undef sock_accept
#undef sock_activation_sockets
#undef sock_addr_equal
#undef sock_addr_family
#undef sock_addr_parse
#undef sock_addr_set
#undef sock_addr_text
#undef sock_adopt
#undef sock_after
#undef sock_bind
#undef sock_close
#undef sock_connect
#undef sock_connect_result
#undef sock_connections
#undef sock_dial
#undef sock_dial_report
#undef sock_discard
#undef sock_errname
#undef sock_close_gracefully
#undef sock_from_descriptor
#undef sock_get
#undef sock_has
#undef sock_hostname
#undef sock_interface_index
#undef sock_interfaces
#undef sock_join_group
#undef sock_leave_group
#undef sock_listen
#undef sock_local_addr
#undef sock_native
#undef sock_now
#undef sock_stopwatch_us
#undef sock_open
#undef sock_esys_number
#undef sock_packet_fields
#undef sock_pair
#undef sock_peek
#undef sock_peer_addr
#undef sock_peer_credentials
#undef sock_pending
#undef sock_pending_error
#undef sock_poller_add
#undef sock_poller_close
#undef sock_poller_modify
#undef sock_poller_open
#undef sock_poller_remove
#undef sock_poller_wait
#undef sock_poller_wake
#undef sock_reader_pending
#undef sock_reader_read
#undef sock_reader_line
#undef sock_reader_until
#undef sock_reader_init
#undef sock_recv
#undef sock_recv_descriptors
#undef sock_recv_exact
#undef sock_recv_packet
#undef sock_recv_socket
#undef sock_recvfrom
#undef sock_recvv
#undef sock_release
#undef sock_resolve
#undef sock_reverse
#undef sock_send
#undef sock_send_all
#undef sock_send_descriptors
#undef sock_send_packet
#undef sock_send_socket
#undef sock_sendfile
#undef sock_sendto
#undef sock_sendv
#undef sock_sendv_all
#undef sock_serve
#undef sock_service_name
#undef sock_service_port
#undef sock_set
#undef sock_shutdown
#undef sock_statistics
#undef sock_strerror
#undef sock_version
#undef sock_version_number
#undef sock_wait
#endif
